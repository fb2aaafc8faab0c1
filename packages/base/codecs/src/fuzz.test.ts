import test from 'node:test'

import { mutations, onlyCoded, Random } from '@millrace/testkit'

import * as codecs from './index.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const identity = { id: 1, timescale: 1000 }

const AVC_SPS = '67640028acd940780227e5c04400000fa40003a9803c60c658'
const HEVC_SPS = '4201010408000003009e0800000300003f9001b101e39fcb2b349272bc05a020000003002000000641'
const AV1_HEADER = '0a0d000000043ea7bcdaf93010101a'

const parsers: [name: string, sample: string, parse: (bytes: Uint8Array) => unknown][] = [
  ['avcC', `01640028ffe10019${AVC_SPS}010006 68ebe3cb22c0 fdf8f800`, (bytes) => codecs.h264Track(identity, bytes)],
  ['H.264 SPS', AVC_SPS, codecs.readH264Sps],
  ['H.264 parameter set id', AVC_SPS, codecs.h264ParameterSetId],
  ['HEVC parameter set id', HEVC_SPS, codecs.hevcParameterSetId],
  ['VP9 superframe', '8611 862233 c9 0200 0300 c9', codecs.splitVp9Superframe],
  ['H.264 slice', '658880', codecs.h264SliceType],
  ['H.264 access unit', '00000002 09f0 00000005 06060184 80 00000003 658880', (bytes) => codecs.isH264Key(bytes, true)],
  ['Annex B', '00000001 09f0 00000001 658880 000001 658880', codecs.annexBToNalus],
  [
    'hvcC',
    `01 04 08000000 9e0800000000 3f f000 fc ff f8 f8 3200 0f 01 a1 0001 0029 ${HEVC_SPS}`,
    (bytes) => codecs.hevcTrack(identity, bytes),
  ],
  ['HEVC SPS', HEVC_SPS, codecs.readHevcSps],
  ['HEVC access unit', '00000006 4e0106018480 00000003 2601af', codecs.isHevcKey],
  ['av1C', `81000c00${AV1_HEADER}`, (bytes) => codecs.av1Track(identity, bytes)],
  ['AV1 sequence header', AV1_HEADER.slice(4), codecs.readAv1SequenceHeader],
  [
    'AV1 temporal unit',
    `1200${AV1_HEADER}32021000`,
    (bytes) => codecs.isAv1Key(codecs.withoutTemporalDelimiters(bytes)),
  ],
  ['vpcC', '01000000000b8202020200 00', codecs.readVpConfig],
  ['VP9 key frame', 'b124c1a100027f8167b041c120e0c2c0c022a07f', codecs.readVp9KeyFrame],
  ['VP8 key frame', '5068009d012aaa01f000', codecs.readVp8KeyFrame],
  ['AudioSpecificConfig', '130856e59d4880', (bytes) => codecs.aacTrack(identity, bytes)],
  ['ADTS', 'fff14c8026dffc', codecs.readAdtsHeader],
  ['MP3', 'fffb9064', codecs.readMp3Header],
  ['OpusHead', '4f70757348656164010638018 0bb00000000010402000401020305', (bytes) => codecs.opusTrack(identity, bytes)],
  ['Opus packet', 'fb0300', codecs.opusPacketSamples],
]
for (const [name, sample, parse] of parsers) {
  const bytes = hex(sample)
  test(`${name}: truncated, mutated or random, throws coded errors only`, () => {
    parse(bytes)
    for (let length = 0; length < bytes.length; length++) onlyCoded(() => parse(bytes.subarray(0, length)))
    for (const bad of mutations(bytes, 4000)) onlyCoded(() => parse(bad))
    const random = new Random(7)
    for (let i = 0; i < 1000; i++) onlyCoded(() => parse(random.bytes(random.int(80))))
  })
}
