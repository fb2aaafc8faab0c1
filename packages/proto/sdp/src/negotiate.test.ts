import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { type AnswerOptions, writeAnswer } from './answer.ts'
import type { RtcAudioCodec, RtcCodec, RtcVideoCodec } from './codec-match.ts'
import type { MediaDescription, SessionDescription } from './description.ts'
import { RTP_EXTENSIONS } from './extensions.ts'
import { type MediaWish, negotiate, type Negotiated, type NegotiateOptions } from './negotiate.ts'
import { parseSdp } from './parse.ts'
import { type OfferName, OFFERS } from './testing.ts'

const offerText = (name: OfferName): string => readFileSync(new URL(`../fixtures/${name}.sdp`, import.meta.url), 'utf8')
/** @param edit makes another text of it first */
const readOffer = (name: OfferName, edit = (text: string): string => text): SessionDescription =>
  parseSdp(edit(offerText(name)))

const VIDEO: readonly RtcVideoCodec[] = ['h264', 'hevc', 'vp8', 'vp9', 'av1']
const AUDIO: readonly RtcAudioCodec[] = ['opus', 'pcma', 'pcmu']
const wish = (order: MediaWish['order'], ...codecs: readonly RtcCodec[]): MediaWish => {
  return { order, codecs: codecs.map((codec) => ({ codec })) }
}
const PUBLISH: NegotiateOptions = { role: 'publish', video: wish('offer', ...VIDEO), audio: wish('offer', ...AUDIO) }
const PLAY: NegotiateOptions = { role: 'play', video: wish('wish', 'h264'), audio: wish('wish', 'opus') }

const ANSWER: AnswerOptions = {
  ice: { ufrag: 'abcd1234', pwd: '0123456789abcdefghijklmnopqrstuv' },
  fingerprint: { algorithm: 'sha-256', value: '00:11' },
  candidates: ['1 1 udp 2130706431 192.0.2.1 8000 typ host generation 0'],
  sessionId: '42',
  username: 'SRS/4.0',
  sessionName: 'SRSPublishSession',
  stream: 'live/livestream',
  tracks: [
    { kind: 'video', ssrc: 1001, rtxSsrc: 1002 },
    { kind: 'audio', ssrc: 1003, rtxSsrc: 1004 },
  ],
}

const chosen = ({ audio, video }: Negotiated): unknown => [audio?.codec, video?.codec, video?.payloadType]
const reasons = ({ media }: Negotiated): string[] => media.map((one) => (one.accepted ? one.codec : one.reason))
const answer = (negotiated: Negotiated): SessionDescription => parseSdp(writeAnswer(negotiated, ANSWER))
const section = ({ media }: SessionDescription, index: number): MediaDescription => {
  const one = media[index]
  assert.ok(one)
  return one
}

for (const [name, codecs] of [
  ['chromium-publish', ['opus', 'vp8', 96]],
  ['chromium-simulcast', ['opus', 'vp8', 96]],
  ['chromium-sendrecv', ['opus', 'vp8', 96]],
  ['ffmpeg-publish', ['opus', 'h264', 106]],
  ['libdatachannel-publish', ['opus', 'h264', 96]],
  ['werift-publish', ['opus', 'vp8', 98]],
] as const) {
  test(`${name}: the publisher's first codec is taken`, () => {
    assert.deepEqual(chosen(negotiate(readOffer(name), PUBLISH)), codecs)
  })
}

for (const [codec, payloadType] of [
  ['h264', 108],
  ['vp8', 96],
  ['vp9', 98],
  ['av1', 45],
] as const) {
  test(`a publisher that offers much sends ${codec} when that is wished for`, () => {
    const video = wish('wish', codec, 'vp8')
    assert.deepEqual(chosen(negotiate(readOffer('chromium-publish'), { ...PUBLISH, video })), [
      'opus',
      codec,
      payloadType,
    ])
  })
}

test('players get the codec of the stream, or the first acceptable one', () => {
  assert.deepEqual(chosen(negotiate(readOffer('chromium-play'), PLAY)), ['opus', 'h264', 108])
  const video: MediaWish = { order: 'wish', codecs: [{ codec: 'h264', fmtp: 'profile-level-id=640032' }] }
  const { video: high } = negotiate(readOffer('chromium-play'), { ...PLAY, video })
  assert.match(high?.format.fmtp ?? '', /packetization-mode=1/)
  const several = wish('wish', 'hevc', 'vp9', 'h264')
  assert.deepEqual(chosen(negotiate(readOffer('chromium-play'), { ...PLAY, video: several })), ['opus', 'vp9', 98])
  assert.deepEqual(chosen(negotiate(readOffer('libdatachannel-play'), PLAY)), ['opus', 'h264', 96])
})

test('a codec that only one side knows leaves the other kind of media', () => {
  const negotiated = negotiate(readOffer('werift-play'), PLAY)
  assert.deepEqual(reasons(negotiated), ['codec', 'opus'])
  const none = { ...PLAY, audio: null }
  assert.throws(() => negotiate(readOffer('werift-play'), none), { code: 'SDP_NO_CODEC', details: { offered: 'VP8' } })
})

test('retransmissions, feedback and header extensions are kept as far as they are of use', () => {
  const { audio, video } = negotiate(readOffer('chromium-publish'), { ...PUBLISH, video: wish('wish', 'h264') })
  assert.equal(video?.rtxPayloadType, 109)
  assert.deepEqual(video?.format.feedback, ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'])
  assert.deepEqual(audio?.format.feedback, ['transport-cc'])
  assert.equal(audio?.rtxPayloadType, null)
  const kept = Object.values<string>(RTP_EXTENSIONS)
  assert.ok(video?.extensions.every(({ uri }) => kept.includes(uri)))
  assert.equal(video?.extensions.length, 7)
  const { video: played } = negotiate(readOffer('chromium-play'), PLAY)
  assert.ok(played?.extensions.every(({ uri }) => uri !== RTP_EXTENSIONS.rid && uri !== RTP_EXTENSIONS.repairedRid))
})

test('feedback, extensions and retransmissions can be turned off', () => {
  const options = { ...PUBLISH, feedback: ['nack', 'transport-cc'], extensions: [RTP_EXTENSIONS.mid], rtx: false }
  const { video } = negotiate(readOffer('chromium-publish'), options)
  // transport-cc is nothing without its extension
  assert.deepEqual(video?.format.feedback, ['nack'])
  assert.deepEqual(
    video?.extensions.map(({ uri }) => uri),
    [RTP_EXTENSIONS.mid],
  )
  assert.equal(video?.rtxPayloadType, null)
})

test('extensions flow the way they are offered, and mean the same in a whole bundle', () => {
  const edit = (text: string): string =>
    text
      .replace('a=extmap:13 urn:3gpp', 'a=extmap:13/recvonly urn:3gpp')
      .replace(/a=extmap:2 (.*abs-send-time)/, 'a=extmap:2/sendonly $1')
      .replace(/a=extmap:5 /, 'a=extmap:1 ')
      .replace('a=extmap:11 ', 'a=extmap:15 ')
  const { audio, video } = negotiate(readOffer('chromium-publish', edit), PUBLISH)
  assert.deepEqual(audio?.extensions.find(({ id }) => id === 2)?.direction, 'recvonly')
  assert.deepEqual(
    video?.extensions.map(({ id }) => id),
    [2, 3, 4, 10],
  )
})

test('encodings are those of the simulcast, or the sources that the offer tells', () => {
  const rids = negotiate(readOffer('chromium-simulcast'), PUBLISH).video?.encodings
  assert.deepEqual(
    rids?.map(({ rid }) => rid),
    ['q', 'h', 'f'],
  )
  const [source] = negotiate(readOffer('chromium-publish'), PUBLISH).video?.encodings ?? []
  assert.deepEqual(source, { rid: '', ssrc: 1_206_593_708, rtxSsrc: 473_365_156 })
  const sim = (text: string): string => text.replace('a=ssrc-group:FID', 'a=ssrc-group:SIM 1 2 3\r\na=ssrc-group:FID')
  const munged = negotiate(readOffer('chromium-publish', sim), PUBLISH).video?.encodings
  assert.deepEqual(
    munged?.map(({ ssrc }) => ssrc),
    [1, 2, 3],
  )
  const silent = (text: string): string => text.replace(/a=ssrc.*\r\n/g, '')
  const unknown = negotiate(readOffer('chromium-publish', silent), PUBLISH).video?.encodings
  assert.deepEqual(unknown, [{ rid: '', ssrc: null, rtxSsrc: null }])
})

test('encodings of other codecs are not taken', () => {
  const edit = (text: string): string =>
    text.replace('a=rid:q send', 'a=rid:q send pt=45').replace('a=rid:h send', 'a=rid:h send pt=96,97')
  const { video } = negotiate(readOffer('chromium-simulcast', edit), PUBLISH)
  assert.deepEqual(
    video?.encodings.map(({ rid }) => rid),
    ['h', 'f'],
  )
})

for (const [offered, preferred, ours] of [
  ['actpass', undefined, 'passive'],
  ['actpass', 'active', 'active'],
  ['active', 'active', 'passive'],
  ['passive', 'passive', 'active'],
] as const) {
  test(`an offer of ${offered} is answered ${ours}, ${preferred ?? 'nothing'} being preferred`, () => {
    const edit = (text: string): string => text.replaceAll('a=setup:actpass', `a=setup:${offered}`)
    const options = preferred ? { ...PUBLISH, setup: preferred } : PUBLISH
    const negotiated = negotiate(readOffer('chromium-publish', edit), options)
    assert.equal(negotiated.setup, ours)
    assert.equal(section(answer(negotiated), 0).setup, ours)
  })
}

test('the muxer of FFmpeg waits for our DTLS', () => {
  const { setup, remoteIce, remoteFingerprints } = negotiate(readOffer('ffmpeg-publish'), PUBLISH)
  assert.equal(setup, 'active')
  assert.deepEqual(remoteIce, { ufrag: '794eded2', pwd: '3b5daff3a47f6e04c8b272000d9e8d35' })
  assert.equal(remoteFingerprints.length, 1)
})

test('an offer of much is answered with what is used, and the bundle holds', () => {
  const negotiated = negotiate(readOffer('chromium-play-unusual'), PLAY)
  assert.deepEqual(reasons(negotiated), ['h264', 'surplus', 'opus', 'surplus', 'kind'])
  const { media, groups } = answer(negotiated)
  assert.deepEqual(groups, [{ semantics: 'BUNDLE', mids: ['0', '2'] }])
  assert.deepEqual(
    media.map(({ kind, port, mid, direction }) => [kind, port, mid, direction]),
    [
      ['video', 9, '0', 'sendonly'],
      ['video', 0, '1', 'inactive'],
      ['audio', 9, '2', 'sendonly'],
      ['video', 0, '3', 'inactive'],
      ['application', 0, '4', 'inactive'],
    ],
  )
})

test('the first of the bundle stays when it is not used, with the transport of all', () => {
  const negotiated = negotiate(readOffer('libdatachannel-play'), { ...PLAY, video: null })
  assert.deepEqual(
    [reasons(negotiated), negotiated.bundle],
    [
      ['unwanted', 'opus'],
      ['video', 'audio'],
    ],
  )
  const { media } = answer(negotiated)
  assert.deepEqual(
    media.map(({ port, direction, candidates }) => [port, direction, candidates.length]),
    [
      [9, 'inactive', 1],
      [9, 'sendonly', 0],
    ],
  )
})

test('the transport is that of the first of the bundle, in the order of the bundle', () => {
  const edit = (text: string): string => text.replace('BUNDLE 0 1', 'BUNDLE 1 0')
  const { media, groups } = answer(negotiate(readOffer('chromium-publish', edit), PUBLISH))
  assert.deepEqual(groups[0]?.mids, ['1', '0'])
  assert.deepEqual(
    media.map(({ candidates }) => candidates.length),
    [0, 1],
  )
})

test('sections of bundle-only have the transport of the first', () => {
  const edit = (text: string): string => {
    const [head = '', audio = '', video = ''] = text.split(/(?=^m=)/m)
    const bare = video
      .replace(/^m=video \d+/, 'm=video 0')
      .replace(/a=(ice-|fingerprint|setup|candidate).*\r\n/g, '')
      .replace('a=mid', 'a=bundle-only\r\na=mid')
    return head + audio.replace('a=sendonly', 'a=inactive') + bare
  }
  const negotiated = negotiate(readOffer('chromium-publish', edit), PUBLISH)
  assert.deepEqual([reasons(negotiated), negotiated.remoteIce.ufrag], [['direction', 'vp8'], 'h+oU'])
})

for (const [code, name, edit, options] of [
  ['SDP_DIRECTION', 'a player that publishes', (text: string) => text, PLAY],
  ['SDP_NO_BUNDLE', 'no bundle', (text: string) => text.replace(/a=group:.*\r\n/, ''), PUBLISH],
  ['SDP_NO_RTCP_MUX', 'RTCP on a port of its own', (text: string) => text.replaceAll('a=rtcp-mux\r\n', ''), PUBLISH],
  ['SDP_NO_ICE', 'no credentials', (text: string) => text.replace(/a=ice-.*\r\n/g, ''), PUBLISH],
  ['SDP_NO_FINGERPRINT', 'no fingerprint', (text: string) => text.replace(/a=fingerprint.*\r\n/g, ''), PUBLISH],
  ['SDP_NO_MEDIA', 'only stopped media', (text: string) => text.replace(/^m=(\w+) \d+/gm, 'm=$1 0'), PUBLISH],
  ['SDP_NO_MEDIA', 'no media', (text: string) => text.split('m=')[0] ?? '', PUBLISH],
  ['SDP_NO_MEDIA', 'media in the clear', (text: string) => text.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), PUBLISH],
  ['SDP_NO_CODEC', 'unknown codecs', (text: string) => text.replace(/a=rtpmap:(\d+) .*/g, 'a=rtpmap:$1 x/1'), PUBLISH],
  ['SDP_ROLE', 'no role in DTLS', (text: string) => text.replaceAll('actpass', 'holdconn'), PUBLISH],
  ['SDP_SYNTAX', 'one mid twice', (text: string) => text.replace('a=mid:1', 'a=mid:0'), PUBLISH],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(() => negotiate(readOffer('chromium-publish', edit), options), { code })
  })
}

test('one section needs no bundle', () => {
  const edit = (text: string): string =>
    text
      .replace(/a=group:.*\r\n/, '')
      .split(/(?=^m=)/m)
      .slice(0, 2)
      .join('')
  const negotiated = negotiate(readOffer('chromium-publish', edit), PUBLISH)
  assert.equal(negotiated.bundle, null)
  const { groups, media } = answer(negotiated)
  assert.deepEqual([groups, media.map(({ candidates }) => candidates.length)], [[], [1]])
})

test('the answer to a publisher, line by line', () => {
  const text = writeAnswer(negotiate(readOffer('ffmpeg-publish'), PUBLISH), ANSWER)
  assert.deepEqual(text.split('\r\n'), [
    'v=0',
    'o=SRS/4.0 42 2 IN IP4 0.0.0.0',
    's=SRSPublishSession',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0 1',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS live/livestream',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd1234',
    'a=ice-pwd:0123456789abcdefghijklmnopqrstuv',
    'a=fingerprint:sha-256 00:11',
    'a=setup:active',
    'a=mid:0',
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 8000 typ host generation 0',
    'a=end-of-candidates',
    'm=video 9 UDP/TLS/RTP/SAVPF 106 105',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd1234',
    'a=ice-pwd:0123456789abcdefghijklmnopqrstuv',
    'a=fingerprint:sha-256 00:11',
    'a=setup:active',
    'a=mid:1',
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=rtpmap:106 H264/90000',
    'a=rtcp-fb:106 nack',
    'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42400d',
    'a=rtpmap:105 rtx/90000',
    'a=fmtp:105 apt=106',
    '',
  ])
})

test('the answer to simulcast takes each of its encodings', () => {
  const { rids, simulcast } = section(answer(negotiate(readOffer('chromium-simulcast'), PUBLISH)), 1)
  assert.deepEqual(
    rids.map(({ id, direction }) => `${id} ${direction}`),
    ['q recv', 'h recv', 'f recv'],
  )
  assert.deepEqual(
    simulcast?.recv.map((stream) => stream.rids),
    [['q'], ['h'], ['f']],
  )
})

test('the answer to a player tells the sources', () => {
  const [audio, video] = answer(negotiate(readOffer('chromium-play'), PLAY)).media
  assert.ok(audio && video)
  assert.deepEqual(video.sourceGroups, [{ semantics: 'FID', ssrcs: [1001, 1002] }])
  assert.deepEqual(
    video.sources.map(({ ssrc }) => ssrc),
    [1001, 1002],
  )
  assert.deepEqual(video.msids, [{ stream: 'live/livestream', track: 'video' }])
  // no retransmissions of audio were offered
  assert.deepEqual([audio.sourceGroups, audio.sources.map(({ ssrc }) => ssrc)], [[], [1003]])
})

test('a name of a stream makes no lines and no words', () => {
  const negotiated = negotiate(readOffer('chromium-play'), PLAY)
  const text = writeAnswer(negotiated, { ...ANSWER, stream: 'live/a b\r\na=x:ö', sessionName: 'a\nb' })
  assert.ok(text.includes('a=msid:live/a-b--a=x:- video\r\n'))
  assert.ok(text.includes('s=a b\r\n'))
})

test('no offer makes it throw anything else, or an answer that cannot be read', () => {
  for (const name of OFFERS.filter((one) => one !== 'chromium-play-unusual')) {
    for (const mutant of mutations(Buffer.from(offerText(name)), 200)) {
      const error = onlyCoded(() => {
        const offer = parseSdp(Buffer.from(mutant).toString())
        answer(negotiate(offer, name.endsWith('play') ? PLAY : PUBLISH))
      })
      assert.ok(error === undefined || error instanceof ProtocolError)
    }
  }
})
