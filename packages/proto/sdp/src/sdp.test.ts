import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { parseFmtp } from './codec-lines.ts'
import type { MediaDescription, SessionDescription } from './description.ts'
import { parseSdp } from './parse.ts'
import { type OfferName, OFFERS } from './testing.ts'
import { writeSdp } from './write.ts'

const offerText = (name: OfferName): string => readFileSync(new URL(`../fixtures/${name}.sdp`, import.meta.url), 'utf8')
const readOffer = (name: OfferName): SessionDescription => parseSdp(offerText(name))

const media = (text: string): MediaDescription => {
  const [first] = parseSdp(text).media
  assert.ok(first)
  return first
}

for (const name of OFFERS) {
  test(`${name} is the same after it was written and read`, () => {
    const offer = readOffer(name)
    const written = writeSdp(offer)
    assert.deepEqual(parseSdp(written), offer)
    assert.ok(written.split('\r\n').every((line) => line === '' || /^[a-z]=./.test(line)))
  })
}

test('the offer of a browser has all it says', () => {
  const { origin, groups, media: sections } = readOffer('chromium-simulcast')
  const [audio, video] = sections
  assert.ok(audio && video)
  assert.match(origin.sessionId, /^\d{19}$/)
  assert.deepEqual(groups, [{ semantics: 'BUNDLE', mids: ['0', '1'] }])
  assert.deepEqual([audio.kind, audio.direction, audio.setup, audio.mid], ['audio', 'sendonly', 'actpass', '0'])
  assert.deepEqual(
    [audio.rtcpMux, audio.rtcpRsize, audio.bundleOnly, audio.iceOptions],
    [true, true, false, ['trickle']],
  )
  assert.deepEqual(audio.codecs[0], {
    payloadType: 111,
    name: 'opus',
    clockRate: 48_000,
    channels: 2,
    fmtp: 'minptime=10;useinbandfec=1',
    feedback: ['transport-cc'],
  })
  assert.deepEqual(video.codecs[0]?.feedback, ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'])
  assert.equal(video.fingerprints[0]?.algorithm, 'sha-256')
  assert.equal(video.candidates.length, 4)
  assert.equal(video.extensions.length, 13)
  assert.deepEqual(
    video.rids.map(({ id, direction }) => `${id} ${direction}`),
    ['q send', 'h send', 'f send'],
  )
  assert.deepEqual(video.simulcast, {
    send: ['q', 'h', 'f'].map((rid) => ({ rids: [rid], paused: false })),
    recv: [],
  })
})

test('what the session says is so for all media that do not say otherwise', () => {
  const { media: sections } = readOffer('libdatachannel-publish')
  assert.equal(sections.length, 2)
  for (const { fingerprints, iceOptions } of sections) {
    assert.equal(fingerprints.length, 1)
    assert.deepEqual(iceOptions, ['ice2', 'trickle'])
  }
  const text = `v=0\ns=x\na=recvonly\nc=IN IP4 192.0.2.1/127\nm=video 5000/2 RTP/AVP 96\nm=audio 5004 RTP/AVP 0\na=sendonly`
  assert.deepEqual(
    parseSdp(text).media.map(({ direction, address, port }) => [direction, address, port]),
    [
      ['recvonly', '192.0.2.1', 5000],
      ['sendonly', '192.0.2.1', 5004],
    ],
  )
})

test('payload types that everybody knows need no map', () => {
  const { codecs } = media(
    'v=0\nm=audio 0 RTP/AVP 8 0 96 97\na=rtpmap:97 mpeg4-generic/44100/2\na=fmtp:97 mode=AAC-hbr; config=1210',
  )
  assert.deepEqual(
    codecs.map(({ payloadType, name, clockRate, channels }) => [payloadType, name, clockRate, channels]),
    [
      [8, 'PCMA', 8000, 1],
      [0, 'PCMU', 8000, 1],
      [97, 'mpeg4-generic', 44_100, 2],
    ],
  )
  assert.deepEqual(
    [...parseFmtp(codecs[2]?.fmtp ?? '')],
    [
      ['mode', 'AAC-hbr'],
      ['config', '1210'],
    ],
  )
})

test('feedback for all is that of each', () => {
  const text =
    'v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 H264/90000\na=rtcp-fb:* nack\na=rtcp-fb:97 nack pli'
  assert.deepEqual(
    media(text).codecs.map(({ feedback }) => feedback),
    [['nack'], ['nack pli', 'nack']],
  )
})

test('restrictions and alternatives of simulcast are read and written', () => {
  const lines = ['a=rid:1 send pt=96,97;max-width=1280', 'a=rid:2 send max-fps=15', 'a=simulcast:send 1,2;~3 recv 4']
  const text = ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', ...lines].join('\n')
  const { rids, simulcast } = media(text)
  assert.deepEqual(rids, [
    { id: '1', direction: 'send', payloadTypes: [96, 97], restrictions: 'max-width=1280' },
    { id: '2', direction: 'send', payloadTypes: [], restrictions: 'max-fps=15' },
  ])
  assert.deepEqual(simulcast?.send, [
    { rids: ['1', '2'], paused: false },
    { rids: ['3'], paused: true },
  ])
  const written = writeSdp(parseSdp(text)).split('\r\n')
  for (const line of lines) assert.ok(written.includes(line), line)
})

test('a value never gets lines of its own', () => {
  const description = { ...readOffer('ffmpeg-publish'), name: 'x\r\na=evil', media: [] }
  assert.ok(!writeSdp(description).includes('\na=evil'))
})

for (const [name, text] of [
  ['nothing', ''],
  ['JSON', '{"sdp": "v=0"}'],
  ['another version', 'v=1\ns=-'],
  ['media without a protocol', 'v=0\nm=audio 9'],
  ['a port of no number', 'v=0\nm=audio x RTP/AVP 0'],
  ['a payload type of no number', 'v=0\nm=audio 9 RTP/AVP 96\na=rtpmap:x opus/48000/2'],
  ['half of the credentials', 'v=0\na=ice-ufrag:abcd\nm=audio 9 RTP/AVP 0'],
  ['a password that is too short', 'v=0\na=ice-ufrag:abcd\na=ice-pwd:short\nm=audio 9 RTP/AVP 0'],
  ['a fingerprint of no hex digits', 'v=0\na=fingerprint:sha-256 xyz\nm=audio 9 RTP/AVP 0'],
  ['a role of no kind', 'v=0\na=setup:maybe\nm=audio 9 RTP/AVP 0'],
  ['a simulcast without a list', 'v=0\nm=video 9 RTP/AVP 96\na=simulcast:send'],
  ['a rid without a direction', 'v=0\nm=video 9 RTP/AVP 96\na=rid:1'],
  ['a source of no number', 'v=0\nm=video 9 RTP/AVP 96\na=ssrc:99999999999 cname:x'],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(() => parseSdp(text), { code: 'SDP_SYNTAX' })
  })
}

test('more than the limits allow is refused', () => {
  const tooLarge = { code: 'SDP_TOO_LARGE' }
  assert.throws(() => parseSdp(`v=0\n${'a=x\n'.repeat(5000)}`), tooLarge)
  assert.throws(() => parseSdp(`v=0\na=${'x'.repeat(9000)}`), tooLarge)
  assert.throws(() => parseSdp(`v=0\n${'m=audio 9 RTP/AVP 0\n'.repeat(65)}`), tooLarge)
  assert.throws(() => parseSdp(`v=0\n${' '.repeat(131_072)}`), tooLarge)
  assert.throws(() => parseSdp('v=0\ns=-\nt=0 0', { maxLines: 2 }), tooLarge)
})

test('a password never gets into an error', () => {
  const secret = 'short-secret'
  const error = onlyCoded(() => parseSdp(`v=0\na=ice-ufrag:abcd\na=ice-pwd:${secret}\nm=audio 9 RTP/AVP 0`))
  assert.ok(error && !JSON.stringify([error.message, error.details]).includes(secret))
})

test('no text makes it throw anything else', () => {
  for (const name of ['chromium-simulcast', 'ffmpeg-publish', 'werift-play'] as const) {
    const text = offerText(name)
    for (let end = 0; end < text.length; end += 7) assertOnlyProtocolError(text.slice(0, end))
    for (const mutant of mutations(Buffer.from(text), 700)) assertOnlyProtocolError(Buffer.from(mutant).toString())
  }
})

function assertOnlyProtocolError(text: string): void {
  const error = onlyCoded(() => writeSdp(parseSdp(text)))
  assert.ok(error === undefined || error instanceof ProtocolError)
}
