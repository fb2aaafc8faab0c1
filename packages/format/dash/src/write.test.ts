import assert from 'node:assert/strict'
import test from 'node:test'

import type { Mpd, TimelineSegment } from './mpd.ts'
import { writeMpd } from './write.ts'

const TIMES = {
  availabilityStart: '1970-01-01T00:00:00Z',
  published: '2023-11-14T22:13:20.123Z',
  minimumUpdatePeriodMs: 10_000,
  timeShiftBufferDepthMs: 60_000,
  maxSegmentDurationMs: 10_500,
  minBufferTimeMs: 10_000,
}
const EMPTY: Mpd = { ...TIMES, periods: [] }

function timeline(segments: readonly TimelineSegment[], id = 'video'): Mpd {
  const template = {
    timescale: 1000,
    presentationTimeOffsetTicks: 40,
    initialization: '$RepresentationID$-init.mp4',
    media: '$RepresentationID$-$Number$.m4s',
    startNumber: 7,
    segments,
  }
  const representation = { id, bandwidthBps: 800_000, codecs: 'avc1.64001f', width: 1280, height: 720 }
  const set = { kind: 'video', mimeType: 'video/mp4', template, representations: [representation] } as const
  return { ...TIMES, periods: [{ id: '1', startMs: 1_700_000_000_250, sets: [set] }] }
}

const sOf = (segments: readonly TimelineSegment[]): string[] => writeMpd(timeline(segments)).match(/<S .*>/g) ?? []

test('a manifest has its elements in the order of the schema', () => {
  const [period] = timeline([{ startTicks: 40, durationTicks: 10_000 }]).periods
  const sound = {
    kind: 'audio',
    mimeType: 'audio/mp4',
    template: { ...period!.sets[0]!.template, timescale: 44_100 },
    representations: [
      { id: 'audio', bandwidthBps: 48_000, codecs: 'mp4a.40.2', sampleRate: 44_100, channels: 2, width: 0 },
    ],
  } as const
  const text = writeMpd({ ...TIMES, baseUrl: 'x/', periods: [{ ...period!, sets: [...period!.sets, sound] }] })
  assert.equal(
    text,
    `<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z" publishTime="2023-11-14T22:13:20.123Z" minimumUpdatePeriod="PT10S" timeShiftBufferDepth="PT60S" maxSegmentDuration="PT10.5S" minBufferTime="PT10S">
  <BaseURL>x/</BaseURL>
  <Period id="1" start="PT1700000000.25S">
    <AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true">
      <SegmentTemplate timescale="1000" presentationTimeOffset="40" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s" startNumber="7">
        <SegmentTimeline>
          <S t="40" d="10000"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="video" bandwidth="800000" codecs="avc1.64001f" width="1280" height="720"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" segmentAlignment="true">
      <SegmentTemplate timescale="44100" presentationTimeOffset="40" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s" startNumber="7">
        <SegmentTimeline>
          <S t="40" d="10000"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="audio" bandwidth="48000" codecs="mp4a.40.2" audioSamplingRate="44100">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`,
  )
})

test('equal segments in a row are one entry, and times are told where there is a gap', () => {
  const segments = [0, 10, 20, 30, 45, 60].map((startTicks) => ({
    startTicks,
    durationTicks: startTicks < 30 ? 10 : 15,
  }))
  assert.deepEqual(sOf(segments), ['<S t="0" d="10" r="2"/>', '<S d="15" r="2"/>'])
  assert.deepEqual(
    sOf([
      { startTicks: 5, durationTicks: 10 },
      { startTicks: 20, durationTicks: 10 },
    ]),
    ['<S t="5" d="10"/>', '<S t="20" d="10"/>'],
  )
})

test('segments out of order or without duration are refused', () => {
  const segment = { startTicks: 5, durationTicks: 10 }
  for (const wrong of [
    { startTicks: 14, durationTicks: 10 },
    { startTicks: 15, durationTicks: 0 },
  ]) {
    assert.throws(() => sOf([segment, wrong]), { code: 'DASH_BAD_TIMELINE' })
  }
})

test('texts cannot leave their place', () => {
  const hostile = `"/><x a='&amp;'>\n`
  const text = writeMpd(timeline([{ startTicks: 0, durationTicks: 1 }], hostile))
  assert.ok(text.includes(`id="&quot;/&gt;&lt;x a='&amp;amp;'&gt;&#10;"`))
  assert.ok(writeMpd({ ...EMPTY, baseUrl: '<&>é😀' }).includes('<BaseURL>&lt;&amp;&gt;é😀</BaseURL>'))
})

test('what XML cannot have is refused', () => {
  for (const text of ['\0', '\u001B', '\uD800', '\uFFFE']) {
    assert.throws(() => writeMpd({ ...EMPTY, baseUrl: text }), { code: 'DASH_BAD_TEXT' }, JSON.stringify(text))
  }
})
