import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { readAudioBody } from './audio-body.ts'
import { AUDIO_PACKET, readEnhancedBody, VIDEO_PACKET } from './enhanced.ts'
import { readVideoBody } from './video-body.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const [AVC1, HVC1, AV01, VP09] = ['61766331', '68766331', '61763031', '76703039']
const [OPUS, FLAC] = ['4f707573', '664c6143']

/** codec, type, key, composition, track, data, canonical */
const video = (text: string): unknown[] =>
  readVideoBody(hex(text)).map((packet) => [
    packet.codecName,
    packet.type,
    packet.key,
    packet.compositionMs,
    packet.trackId,
    Buffer.from(packet.data).toString('hex'),
    packet.canonical,
  ])
const audio = (text: string): unknown[] =>
  readAudioBody(hex(text)).map((packet) => [
    packet.codecName,
    packet.type,
    packet.trackId,
    Buffer.from(packet.data).toString('hex'),
    packet.canonical,
  ])

test('legacy video: H.264, and HEVC and AV1 by their Chinese codec ids', () => {
  assert.deepEqual(video('17 00 000000 0164'), [['h264', 'config', true, 0, 0, '0164', true]])
  assert.deepEqual(video('27 01 000050 aabb'), [['h264', 'frame', false, 80, 0, 'aabb', true]])
  assert.deepEqual(video('27 01 fffff0 aabb'), [['h264', 'frame', false, -16, 0, 'aabb', true]])
  assert.deepEqual(video('17 02 000000'), [['h264', 'other', true, 0, 0, '', true]])
  assert.deepEqual(video('1c 01 000000 aabb'), [['hevc', 'frame', true, 0, 0, 'aabb', false]])
  assert.deepEqual(video('1d 01 000000 aabb'), [['av1', 'frame', true, 0, 0, 'aabb', false]])
})

test('enhanced video: packet types', () => {
  assert.deepEqual(video(`90 ${HVC1} 0101`), [['hevc', 'config', true, 0, 0, '0101', true]])
  assert.deepEqual(video(`a1 ${HVC1} 000028 aabb`), [['hevc', 'frame', false, 40, 0, 'aabb', true]])
  assert.deepEqual(video(`a3 ${HVC1} aabb`), [['hevc', 'frame', false, 0, 0, 'aabb', true]])
  assert.deepEqual(video(`92 ${HVC1}`), [['hevc', 'other', true, 0, 0, '', true]])
  assert.deepEqual(video(`94 ${HVC1} 0200`), [['hevc', 'other', true, 0, 0, '0200', true]])
  assert.deepEqual(video(`95 ${AV01} 8004`), [['av1', 'other', true, 0, 0, '8004', true]])
  assert.deepEqual(video(`91 ${AV01} aabb`), [['av1', 'frame', true, 0, 0, 'aabb', true]])
  assert.deepEqual(video(`91 ${VP09} aabb`), [['vp9', 'frame', true, 0, 0, 'aabb', true]])
  assert.deepEqual(video(`91 ${AVC1} 000028 aabb`), [['h264', 'frame', true, 40, 0, 'aabb', false]])
})

test('video that is not supported keeps a name; commands and empty bodies hold nothing', () => {
  assert.deepEqual(video('12 00'), [['sorenson-h263', 'other', true, 0, 0, '00', false]])
  assert.equal(readVideoBody(hex('91 76766331 aa'))[0]?.codecName, 'vvc1')
  assert.equal(readVideoBody(hex('91 76766331 aa'))[0]?.codec, undefined)
  assert.deepEqual(video('57 00'), [])
  assert.deepEqual(video(`d1 ${HVC1} 00`), [])
  assert.deepEqual(video(''), [])
})

test('multitrack video: one track, many of one codec, many of many codecs', () => {
  assert.deepEqual(video(`96 01 ${HVC1} 05 000028 aabb`), [['hevc', 'frame', true, 40, 5, 'aabb', false]])
  assert.deepEqual(video(`96 11 ${AV01} 00 000002 aabb 01 000001 cc`), [
    ['av1', 'frame', true, 0, 0, 'aabb', false],
    ['av1', 'frame', true, 0, 1, 'cc', false],
  ])
  assert.deepEqual(video(`96 20 ${AVC1} 00 000002 0164 ${HVC1} 01 000001 01`), [
    ['h264', 'config', true, 0, 0, '0164', false],
    ['hevc', 'config', true, 0, 1, '01', false],
  ])
})

test('multitrack that is nested, of unknown layout or too wide is refused', () => {
  const code = (text: string): string | undefined => onlyCoded(() => readVideoBody(hex(text)))?.code
  assert.equal(code(`96 06 ${HVC1} 00`), 'FLV_MULTITRACK')
  assert.equal(code(`96 07 ${HVC1} 00`), 'FLV_MULTITRACK')
  assert.equal(code(`96 31 ${HVC1} 00`), 'FLV_MULTITRACK')
  assert.equal(code(`96 11 ${AV01} ${'00000000'.repeat(257)}`), 'FLV_MULTITRACK')
  assert.equal(code(`96 11 ${AV01} 00 000003 aabb`), 'BYTES_SHORT')
})

test('modifiers are read: nanoseconds, sizes over 255, unknown ones', () => {
  assert.deepEqual(video(`97 02 0f4239 03 ${HVC1} aabb`), [['hevc', 'frame', true, 0, 0, 'aabb', false]])
  const timed = readEnhancedBody(hex(`97 02 0f4239 03 ${HVC1} aabb`), VIDEO_PACKET.multitrack)
  assert.deepEqual([timed.nanoOffset, timed.plain], [999_993, false])
  const long = `97 ff 0100 ${'00'.repeat(257)} 17 00 ee 13 ${HVC1} aabb`
  assert.deepEqual(video(long), [['hevc', 'frame', true, 0, 0, 'aabb', false]])
})

test('legacy audio: AAC, MP3 and G.711', () => {
  assert.deepEqual(audio('af 00 1210'), [['aac', 'config', 0, '1210', true]])
  assert.deepEqual(audio('af 01 21'), [['aac', 'frame', 0, '21', true]])
  assert.deepEqual(audio('2f fffb'), [['mp3', 'frame', 0, 'fffb', true]])
  assert.deepEqual(audio('e2 fffb'), [['mp3', 'frame', 0, 'fffb', true]])
  assert.deepEqual(audio('72 55'), [['pcma', 'frame', 0, '55', true]])
  assert.deepEqual(audio('82 55'), [['pcmu', 'frame', 0, '55', true]])
  assert.equal(readAudioBody(hex('83 55'))[0]?.channels, 2)
  assert.deepEqual(audio(''), [])
})

test('enhanced audio: packet types, multitrack, modifiers', () => {
  assert.deepEqual(audio(`90 ${OPUS} aa`), [['opus', 'config', 0, 'aa', true]])
  assert.deepEqual(audio(`91 ${OPUS} aa`), [['opus', 'frame', 0, 'aa', true]])
  assert.deepEqual(audio(`94 ${OPUS} 0102`), [['opus', 'other', 0, '0102', true]])
  assert.deepEqual(audio('91 6d703461 21'), [['aac', 'frame', 0, '21', false]])
  assert.deepEqual(audio('91 2e6d7033 ff'), [['mp3', 'frame', 0, 'ff', false]])
  assert.deepEqual(audio(`95 01 ${OPUS} 02 aa`), [['opus', 'frame', 2, 'aa', false]])
  assert.deepEqual(audio(`97 02 000001 01 ${OPUS} aa`), [['opus', 'frame', 0, 'aa', false]])
})

test('audio that is not supported keeps a name', () => {
  const name = (text: string): unknown[] => readAudioBody(hex(text)).map(({ codec, codecName }) => [codec, codecName])
  assert.deepEqual(name('b2 00'), [[undefined, 'speex']])
  assert.deepEqual(name('62 00'), [[undefined, 'nellymoser']])
  assert.deepEqual(name('d2 00'), [[undefined, 'sound format 13']])
  assert.deepEqual(name(`91 ${FLAC} 00`), [[undefined, 'fLaC']])
  assert.deepEqual(name('91 61632d33 00'), [[undefined, 'ac-3']])
})

test('bodies that are cut off or mutated throw coded errors only', () => {
  const bodies = [
    '27 01 000050 aabb',
    `97 02 0f4239 96 01 ${HVC1} 05 000028 aabb`,
    `96 21 ${AVC1} 00 000005 0000280164 ${HVC1} 01 000004 00000001`,
    `97 02 0f4239 95 11 ${OPUS} 00 000001 aa 01 000001 bb`,
  ]
  for (const body of bodies.map(hex)) {
    for (let length = 0; length <= body.length; length++) {
      onlyCoded(() => readVideoBody(body.subarray(0, length)))
      onlyCoded(() => readAudioBody(body.subarray(0, length)))
    }
    for (const bad of mutations(body, 3000)) {
      onlyCoded(() => readVideoBody(bad))
      onlyCoded(() => readAudioBody(bad))
      onlyCoded(() => readEnhancedBody(bad, AUDIO_PACKET.multitrack))
    }
  }
})
