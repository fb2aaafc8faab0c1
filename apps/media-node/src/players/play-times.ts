import { rescale } from '@millrace/core'
import type { Packaging } from '@millrace/hub'
import type { Frame, Packager, StreamInfo } from '@millrace/media'

/**
 * Which times players get: those of the stream, which begin at 0 and were put right, or those of its publisher, as they came; or the
 * latter when the publisher says in its metadata that its times are absolute.
 */
export type PlayTimes = 'stream' | 'published' | 'as-told'

/** A packaging with these times. Readers with the same times share every byte, as ever. */
export function withTimes(packaging: Packaging, times: PlayTimes): Packaging {
  if (times === 'stream') return packaging
  const isPublished = times === 'published' ? () => true : isAbsolute
  return {
    key: `${packaging.key}:${times}`,
    create: () => publishedTimes(packaging.create(), isPublished),
  }
}

/** Whether a publisher says that its times are absolute. @see SRS 4 `full.conf`, "atc_auto" */
function isAbsolute({ metadata }: StreamInfo): boolean {
  return metadata?.['bravo_atc'] === 'true'
}

function publishedTimes(packager: Packager, isPublished: (info: StreamInfo) => boolean): Packager {
  let active = false
  /** What was added to the times of frames, in milliseconds: until `changedAtMs`, and since. */
  let formerMs = 0
  let shiftMs = 0
  let changedAtMs = Number.NEGATIVE_INFINITY
  const prepare = (info: StreamInfo): void => {
    active = isPublished(info)
    packager.prepare?.(info)
  }
  const at = (dtsMs: number): number => (active ? dtsMs - (dtsMs < changedAtMs ? formerMs : shiftMs) : dtsMs)
  const note = ({ dtsTicks, track, shiftTicks = 0 }: Frame): void => {
    const ms = rescale(shiftTicks, track.timescale, 1000)
    if (ms === shiftMs) return
    formerMs = shiftMs
    shiftMs = ms
    changedAtMs = rescale(dtsTicks, track.timescale, 1000)
  }
  return {
    prepare,
    init: (info, dtsMs) => packager.init(info, at(dtsMs)),
    update: (info, dtsMs) => packager.update(info, at(dtsMs)),
    encode(frame) {
      note(frame)
      return packager.encode(active ? asPublished(frame) : frame)
    },
  }
}

function asPublished({ shiftTicks = 0, ...frame }: Frame): Frame {
  return { ...frame, dtsTicks: frame.dtsTicks - shiftTicks, ptsTicks: frame.ptsTicks - shiftTicks }
}
