import assert from 'node:assert/strict'
import test from 'node:test'

import { codecOf, matchCodec, type RtcCodec } from './codec-match.ts'
import type { SdpCodec } from './description.ts'

const offered = (name: string, ...fmtps: readonly string[]): SdpCodec[] =>
  fmtps.map((fmtp, i) => ({ payloadType: 96 + i, name, clockRate: 90_000, channels: 1, fmtp, feedback: [] }))

const h264 = (...formats: readonly string[]): SdpCodec[] =>
  offered(
    'H264',
    ...formats.map((format) => {
      const [profile, mode] = format.split('/')
      return `level-asymmetry-allowed=1;profile-level-id=${profile}${mode === undefined ? '' : `;packetization-mode=${mode}`}`
    }),
  )

/** Index of the format that is taken. */
function match(codecs: readonly SdpCodec[], codec: RtcCodec, fmtp?: string, sending = true): number | undefined {
  const found = matchCodec(codecs, fmtp === undefined ? { codec } : { codec, fmtp }, sending)
  return found && found.payloadType - 96
}

for (const [name, codecs, stream, index] of [
  ['exactly the same', h264('42e01f/1', '64001f/1', '640032/1'), 'profile-level-id=640032', 2],
  ['the same profile at another level', h264('42e01f/1', '64001f/1'), 'profile-level-id=640032', 1],
  ['the same profile whatever its constraints', h264('42e01f/1', '640c1f/1'), 'profile-level-id=640032', 1],
  ['constrained baseline before other profiles', h264('4d001f/1', '42e01f/1'), 'profile-level-id=640032', 1],
  ['constrained baseline when nothing is known', h264('42001f/1', '42e01f/1'), undefined, 1],
  ['any profile rather than none', h264('f4001f/1'), 'profile-level-id=42E01F', 0],
  ['fragments before whole units', h264('42e01f/0', '42e01f/1'), undefined, 1],
  ['what does not tell its mode', h264('42e01f/0', '42e01f'), undefined, 1],
] as const) {
  test(`H.264 is matched by ${name}`, () => {
    assert.equal(match(codecs, 'h264', stream), index)
  })
}

test('who takes no fragments can send them not, but be received', () => {
  assert.equal(match(h264('42e01f/0'), 'h264'), undefined)
  assert.equal(match(h264('42e01f/0'), 'h264', undefined, false), 0)
  assert.equal(match(h264('42e01f/2'), 'h264', undefined, false), undefined)
})

test('players get VP9 and AV1 of a profile that they decode', () => {
  const vp9 = offered('VP9', 'profile-id=0', 'profile-id=2')
  assert.equal(match(vp9, 'vp9'), 0)
  assert.equal(match(vp9, 'vp9', 'profile-id=2'), 1)
  assert.equal(match(vp9, 'vp9', 'profile-id=1'), undefined)
  assert.equal(match(offered('VP9', 'profile-id=2'), 'vp9', undefined, false), 0)
  assert.equal(match(offered('AV1', 'level-idx=5;profile=0;tier=0'), 'av1', ''), 0)
  assert.equal(match(offered('AV1X', ''), 'av1', 'profile=1'), undefined)
})

test('HEVC is matched by profile, in one stream', () => {
  const hevc = offered('H265', 'profile-id=1;tx-mode=SRST', 'profile-id=2;tx-mode=SRST')
  assert.equal(match(hevc, 'hevc', 'profile-id=2'), 1)
  assert.equal(match(offered('H265', 'tx-mode=MRST'), 'hevc'), undefined)
})

test('a codec is known by name, rate and channels', () => {
  const codec = (name: string, clockRate: number, channels: number): SdpCodec => {
    return { payloadType: 96, name, clockRate, channels, fmtp: '', feedback: [] }
  }
  assert.equal(codecOf(codec('OPUS', 48_000, 2)), 'opus')
  assert.equal(codecOf(codec('opus', 48_000, 1)), undefined)
  assert.equal(codecOf(codec('pcmu', 8000, 1)), 'pcmu')
  assert.equal(codecOf(codec('rtx', 90_000, 1)), undefined)
  assert.equal(codecOf(codec('constructor', 90_000, 1)), undefined)
})
