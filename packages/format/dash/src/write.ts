import { InvariantError } from '@millrace/core'

import type { AdaptationSet, Mpd, Period, Representation, SegmentTemplate, TimelineSegment } from './mpd.ts'
import { element, textElement } from './xml.ts'

const HEADER = '<?xml version="1.0" encoding="utf-8"?>'
const CHANNELS_SCHEME = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'

/**
 * Text of a dynamic manifest of the ISO base media file format live profile, LF line ends.
 *
 * Throws InvariantError `DASH_BAD_TEXT` for a text that XML cannot have, `DASH_BAD_TIMELINE` for segments out of order.
 * @see ISO/IEC 23009-1 §5.3, §8.4
 */
export function writeMpd(mpd: Mpd): string {
  const attributes = {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    type: 'dynamic',
    availabilityStartTime: mpd.availabilityStart,
    publishTime: mpd.published,
    minimumUpdatePeriod: duration(mpd.minimumUpdatePeriodMs),
    timeShiftBufferDepth: duration(mpd.timeShiftBufferDepthMs),
    maxSegmentDuration: duration(mpd.maxSegmentDurationMs),
    minBufferTime: duration(mpd.minBufferTimeMs),
  }
  const base = mpd.baseUrl === undefined ? [] : [textElement('BaseURL', mpd.baseUrl)]
  return `${[HEADER, ...element('MPD', attributes, [...base, ...mpd.periods.flatMap(periodLines)])].join('\n')}\n`
}

/** `xs:duration` in seconds. */
function duration(ms: number): string {
  return `PT${Math.round(ms) / 1000}S`
}

function periodLines({ id, startMs, sets }: Period): string[] {
  return element('Period', { id, start: duration(startMs) }, sets.flatMap(setLines))
}

function setLines({ kind, mimeType, template, representations }: AdaptationSet): string[] {
  const attributes = { contentType: kind, mimeType, segmentAlignment: 'true' }
  return element('AdaptationSet', attributes, [
    ...templateLines(template),
    ...representations.flatMap(representationLines),
  ])
}

function templateLines(template: SegmentTemplate): string[] {
  const { timescale, initialization, media, startNumber, segments } = template
  const presentationTimeOffset = template.presentationTimeOffsetTicks
  const attributes = { timescale, presentationTimeOffset, initialization, media, startNumber }
  return element('SegmentTemplate', attributes, element('SegmentTimeline', {}, timelineLines(segments)))
}

function timelineLines(segments: readonly TimelineSegment[]): string[] {
  const lines: string[] = []
  let endTicks: number | undefined
  for (let i = 0; i < segments.length;) {
    const { startTicks: t, durationTicks: d } = segments[i]!
    if (d <= 0 || (endTicks !== undefined && t < endTicks)) {
      throw new InvariantError('DASH_BAD_TIMELINE', `a segment of ${d} ticks at ${t}, after ${endTicks}`)
    }
    let count = 1
    while (segments[i + count]?.durationTicks === d && segments[i + count]?.startTicks === t + count * d) count++
    lines.push(...element('S', { t: t === endTicks ? undefined : t, d, r: count > 1 ? count - 1 : undefined }))
    endTicks = t + count * d
    i += count
  }
  return lines
}

function representationLines(representation: Representation): string[] {
  const { id, bandwidthBps, codecs, width, height, sampleRate, channels } = representation
  const attributes = {
    id,
    bandwidth: bandwidthBps,
    codecs,
    width: width || undefined,
    height: height || undefined,
    audioSamplingRate: sampleRate || undefined,
  }
  const layout = channels ? element('AudioChannelConfiguration', { schemeIdUri: CHANNELS_SCHEME, value: channels }) : []
  return element('Representation', attributes, layout)
}
