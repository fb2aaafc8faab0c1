import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { adtsWriter, readAdtsHeader } from './adts.ts'
import { aacCodecString, readAacConfig, writeAacConfig } from './config.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code
const bits = (text: string): Uint8Array => {
  const digits = text.replaceAll(' ', '')
  const bytes = digits.padEnd(Math.ceil(digits.length / 8) * 8, '0').match(/.{8}/g) ?? []
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2))
}

const cases: [name: string, config: string, codecString: string, sampleRate: number, channels: number][] = [
  ['LC', '1210', 'mp4a.40.2', 44_100, 2],
  ['LC that says there is no SBR', '120856e500', 'mp4a.40.2', 44_100, 1],
  ['HE-AAC, hierarchical signalling', '2b118800', 'mp4a.40.5', 48_000, 2],
  ['HE-AAC v2, hierarchical signalling', 'eb098800', 'mp4a.40.29', 48_000, 2],
  ['HE-AAC, backward-compatible signalling', '131056e598', 'mp4a.40.5', 48_000, 2],
  ['HE-AAC v2, backward-compatible signalling', '130856e59d4880', 'mp4a.40.29', 48_000, 2],
  ['7.1', '11b8', 'mp4a.40.2', 48_000, 8],
]
for (const [name, config, codecString, sampleRate, channels] of cases) {
  test(`AudioSpecificConfig: ${name}`, () => {
    const info = readAacConfig(hex(config))
    assert.deepEqual([aacCodecString(info), info.sampleRate, info.channels], [codecString, sampleRate, channels])
    assert.deepEqual([info.objectType, info.frameSamples], [2, 1024])
  })
}

test('AudioSpecificConfig: a sampling rate that is not in the table', () => {
  assert.equal(readAacConfig(writeAacConfig(2, 44_000, 1)).sampleRate, 44_000)
})

test('AudioSpecificConfig: channels from a program config element', () => {
  const program = '0000 01 0011 0010 0000 0001 01 000 0000 0 0 0 00000 10000 10000 0000'
  const config = bits(`00010 0011 0000 000 ${program}`)
  const padded = Uint8Array.from([...config, 0])
  assert.deepEqual([readAacConfig(padded).channels, readAacConfig(padded).channelConfig], [6, 0])
})

test('AudioSpecificConfig: reserved rates and channels, and one that is cut off, are refused', () => {
  assert.throws(() => readAacConfig(bits('00010 1101 0010 000')), coded('AAC_CONFIG_RATE'))
  assert.throws(() => readAacConfig(bits('00010 0011 1000 000')), coded('AAC_CONFIG_CHANNELS'))
  assert.throws(() => readAacConfig(hex('12')), coded('BITS_SHORT'))
  assert.throws(() => readAacConfig(hex('')), coded('BITS_SHORT'))
})

test('ADTS headers are written as they are read', () => {
  const header = hex('fff14c8026dffc')
  const read = readAdtsHeader(header)
  assert.deepEqual(read, {
    objectType: 2,
    sampleRate: 48_000,
    channelConfig: 2,
    headerBytes: 7,
    frameBytes: 310,
    blocks: 1,
  })
  const out = new Uint8Array(9)
  adtsWriter(readAacConfig(writeAacConfig(2, 48_000, 2)))(out, 2, 303)
  assert.deepEqual(readAdtsHeader(out, 2), read)
})

test('ADTS of SBR describes the core coder', () => {
  const out = new Uint8Array(7)
  adtsWriter(readAacConfig(hex('2b118800')))(out, 0, 100)
  assert.deepEqual([readAdtsHeader(out).sampleRate, readAdtsHeader(out).objectType], [24_000, 2])
})

test('ADTS that is no ADTS, or cannot be, is refused', () => {
  assert.throws(() => readAdtsHeader(hex('fff14c8026df')), coded('ADTS_SHORT'))
  assert.throws(() => readAdtsHeader(hex('fef14c8026dffc')), coded('ADTS_SYNC'))
  assert.throws(() => readAdtsHeader(hex('fff17c8026dffc')), coded('ADTS_RATE'))
  assert.throws(() => readAdtsHeader(hex('fff14c8000bffc')), coded('ADTS_LENGTH'))
  assert.throws(() => adtsWriter(readAacConfig(writeAacConfig(2, 44_000, 2))), coded('ADTS_CONFIG'))
})
