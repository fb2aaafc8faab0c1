import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { readMp3Header } from './mp3.ts'
import { isOpusStereo, opusPacketSamples, plainOpusHead, readOpusHead, writeOpusHead } from './opus.ts'
import { g711Track, mp3Track, opusTrack } from './tracks.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code
const identity = { id: 2, timescale: 1000 }

test('MP3 headers of MPEG-1, 2 and 2.5', () => {
  const read = (text: string): unknown[] => {
    const { version, bitrateBps, sampleRate, channels, frameBytes, frameSamples } = readMp3Header(hex(text))
    return [version, bitrateBps, sampleRate, channels, frameBytes, frameSamples]
  }
  assert.deepEqual(read('fffb9064'), [1, 128_000, 44_100, 2, 417, 1152])
  assert.deepEqual(read('fffb92c4'), [1, 128_000, 44_100, 1, 418, 1152])
  assert.deepEqual(read('fff38064'), [2, 64_000, 22_050, 2, 208, 576])
  assert.deepEqual(read('ffe318c4'), [2.5, 8000, 8000, 1, 72, 576])
  assert.equal(mp3Track(identity, readMp3Header(hex('fffb92c4'))).channels, 1)
})

test('what is no MP3 frame is refused', () => {
  assert.throws(() => readMp3Header(hex('fffb90')), coded('MP3_SHORT'))
  assert.throws(() => readMp3Header(hex('ff0b9064')), coded('MP3_SYNC'))
  assert.throws(() => readMp3Header(hex('ffeb9064')), coded('MP3_SYNC'))
  assert.throws(() => readMp3Header(hex('fffd9064')), coded('MP3_LAYER'))
  assert.throws(() => readMp3Header(hex('fffb0064')), coded('MP3_BITRATE'))
  assert.throws(() => readMp3Header(hex('fffb9c64')), coded('MP3_RATE'))
})

test('OpusHead is read and written', () => {
  const bytes = hex('4f707573486561640101380180bb0000000000')
  const head = readOpusHead(bytes)
  assert.deepEqual([head.channels, head.preSkip, head.inputSampleRate, head.outputGain], [1, 312, 48_000, 0])
  assert.deepEqual(writeOpusHead(head), bytes)
  const surround = hex('4f70757348656164 01 06 3801 80bb0000 00ff 01 04 02 000401020305')
  assert.equal(readOpusHead(surround).outputGain, -256)
  assert.deepEqual(writeOpusHead(readOpusHead(surround)), surround)
  assert.equal(opusTrack(identity, writeOpusHead(plainOpusHead(2))).channels, 2)
})

test('OpusHead with wrong magic, version or channels is refused', () => {
  assert.throws(() => readOpusHead(hex('4f707573486561')), coded('BYTES_SHORT'))
  assert.throws(() => readOpusHead(hex('4f707573546167730101380180bb0000000000')), coded('OPUS_HEAD_MAGIC'))
  assert.throws(() => readOpusHead(hex('4f707573486561641001380180bb0000000000')), coded('OPUS_HEAD_VERSION'))
  assert.throws(() => readOpusHead(hex('4f707573486561640103380180bb0000000000')), coded('OPUS_HEAD_CHANNELS'))
})

test('Opus packets tell their duration', () => {
  const samples = (text: string): number => opusPacketSamples(hex(text))
  assert.equal(samples('08'), 960) // SILK 20 ms
  assert.equal(samples('78'), 960) // hybrid 20 ms
  assert.equal(samples('fc'), 960) // CELT 20 ms, stereo
  assert.equal(samples('e0'), 120) // CELT 2.5 ms
  assert.equal(samples('19'), 5760) // SILK, two of 60 ms
  assert.equal(samples('fb03'), 2880) // CELT, three of 20 ms
  assert.throws(() => samples(''), coded('OPUS_PACKET'))
  assert.throws(() => samples('fb'), coded('OPUS_PACKET'))
  assert.throws(() => samples('1b3f'), coded('OPUS_PACKET'))
  assert.equal(isOpusStereo(hex('fc')), true)
})

test('G.711 tracks', () => {
  const track = g711Track(identity, 'pcma', 1)
  assert.deepEqual([track.codecString, track.sampleRate, track.channels], ['alaw', 8000, 1])
})
