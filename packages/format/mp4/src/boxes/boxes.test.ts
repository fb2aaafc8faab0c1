import assert from 'node:assert/strict'
import test from 'node:test'
import { plainOpusHead, writeOpusHead } from '@millrace/codecs'
import { audioTrack, videoTrack } from '@millrace/testkit'
import { box, joinParts, readBoxes } from '../box.ts'
import type { Part } from '../box.ts'
import { editBox, readEditList } from './edit-list.ts'
import type { Edit } from './edit-list.ts'
import { elementaryStreamBox, readElementaryStream } from './elementary-stream.ts'
import { fileTypeBox, segmentTypeBox } from './file-type.ts'
import { handlerBox, readHandlerKind } from './handler.ts'
import { mediaHeaderBox, readMediaTimescale } from './media-header.ts'
import { dataInformationBox, mediaKindHeaderBox } from './media-information.ts'
import { movieHeaderBox, readMovieTimescale } from './movie-header.ts'
import { opusSpecificBox, readOpusSpecific } from './opus-specific.ts'
import { isSyncSample, SAMPLE_FLAGS } from './sample-flags.ts'
import { audioEntryBox, readAudioEntry, readVisualEntry, visualEntryBox } from './sample-entry.ts'
import { readTrackExtends, trackExtendsBox } from './track-extends.ts'
import {
  decodeTimeBox,
  movieFragmentHeaderBox,
  readDecodeTime,
  readTrackFragmentHeader,
  trackFragmentHeaderBox,
} from './track-fragment.ts'
import { readTrackId, trackHeaderBox } from './track-header.ts'
import { readTrackRun, trackRunBox } from './track-run.ts'

const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (part: Part): string => Buffer.from(joinParts([part])).toString('hex')
const bodyOf = (part: Part): Uint8Array => readBoxes(joinParts([part]))[0]?.body ?? new Uint8Array(0)
const MATRIX = '00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000'

function assertBytes(part: Part, text: string): void {
  assert.equal(hex(part), text.replaceAll(/\s/g, ''))
}

test('ftyp and styp: brand, minor version, compatible brands', () => {
  assertBytes(fileTypeBox('iso6', ['iso6', 'mp41']), '00000018 66747970 69736f36 00000000 69736f36 6d703431')
  assertBytes(segmentTypeBox('msdh', []), '00000010 73747970 6d736468 00000000')
})

test('mvhd: version 0, and 1 for durations over 32 bits', () => {
  const short = movieHeaderBox({ timescale: 1000, durationTicks: 0x12345678, nextTrackId: 3 })
  const rest = `00010000 0100 0000 00000000 00000000 ${MATRIX} ${'00'.repeat(24)} 00000003`
  assertBytes(short, `0000006c 6d766864 00000000 00000000 00000000 000003e8 12345678 ${rest}`)
  const long = movieHeaderBox({ timescale: 1000, durationTicks: 0x1_00000002, nextTrackId: 3 })
  assertBytes(long, `00000078 6d766864 01000000 ${'00'.repeat(16)} 000003e8 0000000100000002 ${rest}`)
  assert.deepEqual(
    [short, long].map((part) => readMovieTimescale(bodyOf(part))),
    [1000, 1000],
  )
})

test('tkhd: enabled and in the movie; size in 16.16; volume of audio', () => {
  const video = trackHeaderBox({ trackId: 1, durationTicks: 5, kind: 'video', width: 640, height: 360 })
  assertBytes(
    video,
    `0000005c 746b6864 00000003 00000000 00000000 00000001 00000000 00000005
     0000000000000000 0000 0000 0000 0000 ${MATRIX} 02800000 01680000`,
  )
  const audio = trackHeaderBox({ trackId: 2, durationTicks: 2 ** 32, kind: 'audio', width: 0, height: 0 })
  assertBytes(
    audio,
    `00000068 746b6864 01000003 ${'00'.repeat(16)} 00000002 00000000 0000000100000000
     0000000000000000 0000 0000 0100 0000 ${MATRIX} 00000000 00000000`,
  )
  assert.deepEqual(
    [video, audio].map((part) => readTrackId(bodyOf(part))),
    [1, 2],
  )
})

test('elst: edits of 32 bits, and of 64 when one needs them', () => {
  const short: Edit[] = [
    { durationTicks: 500, mediaTicks: null },
    { durationTicks: 9000, mediaTicks: 1024 },
  ]
  assertBytes(
    editBox(short),
    `00000030 65647473 00000028 656c7374 00000000 00000002 000001f4 ffffffff 00010000 00002328 00000400 00010000`,
  )
  const long: Edit[] = [
    { durationTicks: 2 ** 33, mediaTicks: null },
    { durationTicks: 1, mediaTicks: 2 ** 40 + 5 },
  ]
  for (const edits of [short, long, [{ durationTicks: 1, mediaTicks: 2 ** 31 }]]) {
    assert.deepEqual(readEditList(readBoxes(bodyOf(editBox(edits)))[0]?.body ?? new Uint8Array(0)), edits)
  }
  assert.throws(() => readEditList(unhex('00000000 00000401')), { code: 'MP4_EDIT_COUNT' })
})

test('mdhd: timescale, duration, undetermined language', () => {
  const long = mediaHeaderBox(48_000, 2 ** 34)
  assertBytes(mediaHeaderBox(48_000, 7), '00000020 6d646864 00000000 00000000 00000000 0000bb80 00000007 55c4 0000')
  assertBytes(long, `0000002c 6d646864 01000000 ${'00'.repeat(16)} 0000bb80 0000000400000000 55c4 0000`)
  assert.equal(readMediaTimescale(bodyOf(long)), 48_000)
})

test('hdlr: kind and name', () => {
  assertBytes(
    handlerBox('video'),
    `0000002d 68646c72 00000000 00000000 76696465 ${'00'.repeat(12)} ${Buffer.from('VideoHandler\0').toString('hex')}`,
  )
  assert.deepEqual(
    [handlerBox('video'), handlerBox('audio')].map((part) => readHandlerKind(bodyOf(part))),
    ['video', 'audio'],
  )
  assert.equal(readHandlerKind(unhex('00000000 00000000 68696e74')), undefined)
})

test('vmhd, smhd and dinf: media in the same file', () => {
  assertBytes(mediaKindHeaderBox('video'), '00000014 766d6864 00000001 0000000000000000')
  assertBytes(mediaKindHeaderBox('audio'), '00000010 736d6864 00000000 00000000')
  assertBytes(dataInformationBox(), '00000024 64696e66 0000001c 64726566 00000000 00000001 0000000c 75726c20 00000001')
})

test('trex: defaults of fragments', () => {
  const defaults = { trackId: 2, descriptionIndex: 1, durationTicks: 3, sizeBytes: 4, flags: SAMPLE_FLAGS.sync }
  assertBytes(trackExtendsBox(defaults), '00000020 74726578 00000000 00000002 00000001 00000003 00000004 02000000')
  assert.deepEqual(readTrackExtends(bodyOf(trackExtendsBox(defaults))), defaults)
  assert.deepEqual([SAMPLE_FLAGS.sync, SAMPLE_FLAGS.inter].map(isSyncSample), [true, false])
})

test('mfhd, tfhd and tfdt: sequence, track, decoding time of 64 bits', () => {
  assertBytes(movieFragmentHeaderBox(9), '00000010 6d666864 00000000 00000009')
  assertBytes(trackFragmentHeaderBox(2), '00000010 74666864 00020000 00000002')
  assertBytes(decodeTimeBox(2 ** 33), '00000014 74666474 01000000 0000000200000000')
  assert.equal(readDecodeTime(bodyOf(decodeTimeBox(2 ** 33))), 2 ** 33)
  assert.equal(readDecodeTime(unhex('00000000 ffffffff')), 0xffffffff)
  const nothing = { baseDataOffset: undefined, descriptionIndex: undefined, durationTicks: undefined }
  assert.deepEqual(readTrackFragmentHeader(bodyOf(trackFragmentHeaderBox(2))), {
    trackId: 2,
    ...nothing,
    sizeBytes: undefined,
    flags: undefined,
    baseIsMovieFragment: true,
  })
  assert.deepEqual(
    readTrackFragmentHeader(unhex('0000003b 00000001 0000000100000000 00000002 00000003 00000004 00000005')),
    {
      trackId: 1,
      baseDataOffset: 2 ** 32,
      descriptionIndex: 2,
      durationTicks: 3,
      sizeBytes: 4,
      flags: 5,
      baseIsMovieFragment: false,
    },
  )
})

test('trun: all of a sample for video, duration and size for audio', () => {
  const samples = [
    { durationTicks: 40, sizeBytes: 1000, flags: SAMPLE_FLAGS.sync, compositionTicks: 80 },
    { durationTicks: 41, sizeBytes: 10, flags: SAMPLE_FLAGS.inter, compositionTicks: -1 },
  ]
  const video = trackRunBox('video', () => 100, samples)
  assertBytes(
    video,
    `00000034 7472756e 01000f01 00000002 00000064
     00000028 000003e8 02000000 00000050  00000029 0000000a 01010000 ffffffff`,
  )
  const none = { durationTicks: 0, sizeBytes: 0, flags: 0 }
  assert.deepEqual(readTrackRun(bodyOf(video), none, 2), { dataOffset: 100, samples })
  assert.throws(() => readTrackRun(bodyOf(video), none, 1), { code: 'MP4_SAMPLE_COUNT' })
  const audio = trackRunBox('audio', () => 100, samples)
  assertBytes(audio, '00000024 7472756e 00000301 00000002 00000064 00000028 000003e8 00000029 0000000a')
  const inherited = { flags: 7, compositionTicks: 0 }
  assert.deepEqual(readTrackRun(bodyOf(audio), { ...none, flags: 7 }, 9).samples[1], { ...samples[1], ...inherited })
})

test('trun: what a run does not say is the default, but for the flags of its first sample', () => {
  const defaults = { durationTicks: 5, sizeBytes: 6, flags: SAMPLE_FLAGS.inter }
  const run = readTrackRun(unhex('00000004 00000002 02000000'), defaults, 10)
  assert.deepEqual(run, {
    dataOffset: undefined,
    samples: [
      { ...defaults, flags: SAMPLE_FLAGS.sync, compositionTicks: 0 },
      { ...defaults, compositionTicks: 0 },
    ],
  })
})

test('sample entries: size of the picture, channels and rate, and the boxes behind', () => {
  const visual = visualEntryBox('avc1', videoTrack({ width: 1920, height: 1080 }), box('avcC', Uint8Array.of(1)))
  assertBytes(
    visual,
    `0000005f 61766331 000000000000 0001 ${'00'.repeat(16)} 0780 0438 00480000 00480000 00000000 0001
     ${'00'.repeat(32)} 0018 ffff 00000009 61766343 01`,
  )
  const readVisual = readVisualEntry(bodyOf(visual))
  assert.deepEqual([readVisual.width, readVisual.height, readVisual.boxes[0]?.type], [1920, 1080, 'avcC'])
  const audio = audioEntryBox('mp4a', audioTrack({ sampleRate: 44_100, channels: 2 }))
  assertBytes(audio, '00000024 6d703461 000000000000 0001 0000000000000000 0002 0010 00000000 ac440000')
  assert.deepEqual(readAudioEntry(bodyOf(audio)), { channels: 2, sampleRate: 44_100, boxes: [] })
  assert.equal(readAudioEntry(bodyOf(audioEntryBox('mp4a', audioTrack({ sampleRate: 96_000 })))).sampleRate, 0)
})

test('esds: descriptors with lengths of four bytes, and of fewer when they come so', () => {
  const stream = { objectType: 0x40, config: Uint8Array.of(0x12, 0x10) }
  assertBytes(
    elementaryStreamBox(stream),
    `00000033 65736473 00000000 03 80808022 0000 00 04 80808014 40 15 000000 00000000 00000000
     05 80808002 1210 06 80808001 02`,
  )
  assert.deepEqual(readElementaryStream(bodyOf(elementaryStreamBox(stream))), stream)
  const mp3 = { objectType: 0x6b, config: new Uint8Array(0) }
  assert.deepEqual(readElementaryStream(bodyOf(elementaryStreamBox(mp3))), mp3)
  // stream dependence, a URL and a clock reference before the decoder's configuration
  const full = unhex('00000000 03 1c 0001 e0 0002 01 61 0003 04 11 40 15 000000 00000000 00000000 05 02 1210')
  assert.deepEqual(readElementaryStream(full), stream)
  assert.equal(readElementaryStream(unhex('00000000 06 01 02')), undefined)
  assert.throws(() => readElementaryStream(unhex('00000000 03 7f 00')), { code: 'BYTES_SHORT' })
})

test('dOps: an OpusHead in the other byte order', () => {
  const stereo = writeOpusHead({ ...plainOpusHead(2), outputGain: -256 })
  assertBytes(opusSpecificBox(stereo), '00000013 644f7073 00 02 0138 0000bb80 ff00 00')
  const surround = writeOpusHead({
    ...plainOpusHead(1),
    channels: 3,
    mappingFamily: 1,
    mapping: unhex('02 01 00 02 01'),
  })
  for (const head of [stereo, surround]) assert.deepEqual(readOpusSpecific(bodyOf(opusSpecificBox(head))), head)
  assert.throws(() => readOpusSpecific(unhex('01 02 0138 0000bb80 0000 00')), { code: 'MP4_OPUS_VERSION' })
})
