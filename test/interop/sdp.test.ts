/** Chromium takes our answers to its offers as we mean them, and finds its way by them. */
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import test, { after, before } from 'node:test'

import type { Page } from 'playwright-core'

import { Scope } from '@millrace/core'
import {
  type MediaDirection,
  negotiate,
  type NegotiateOptions,
  parseSdp,
  type RtcCodec,
  writeAnswer,
} from '@millrace/sdp'

import { classify, hostCandidates, IceLite, makeIceCredentials, writeCandidate } from '@millrace/webrtc'

import { openPage, startChromium } from '../support/browser.ts'

/** One `addTransceiver`, or a data channel. */
type Part = 'data' | [kind: 'audio' | 'video', direction: MediaDirection, rids?: readonly string[]]

interface Outcome {
  /** `mid direction` of each transceiver after the answer. */
  readonly directions: readonly string[]
  /** MIME types that the senders use. */
  readonly codecs: readonly string[]
  /** Rids of the encodings that the senders use. */
  readonly rids: readonly string[]
  readonly tracks: number
}

const STREAM = 'live/livestream'
const FINGERPRINT = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'A5').join(':') }

/** Runs in the page: the offer of a new peer with these parts. */
const OFFER = `async ({ parts, bundlePolicy }) => {
  const peer = window.peer = new RTCPeerConnection({ bundlePolicy })
  for (const part of parts) {
    if (part === 'data') peer.createDataChannel('data')
    else {
      const [kind, direction, rids] = part
      peer.addTransceiver(kind, { direction, ...(rids && { sendEncodings: rids.map((rid) => ({ rid })) }) })
    }
  }
  await peer.setLocalDescription()
  return peer.localDescription.sdp
}`

/** Runs in the page: what the peer makes of an answer. */
const ANSWER = `async (sdp) => {
  const { peer } = window
  let tracks = 0
  peer.ontrack = ({ streams }) => { if (streams[0]?.id === '${STREAM}') tracks++ }
  await peer.setRemoteDescription({ type: 'answer', sdp })
  const transceivers = peer.getTransceivers()
  const sending = transceivers.filter(({ currentDirection }) => currentDirection === 'sendonly')
  const parameters = sending.map(({ sender }) => sender.getParameters())
  const outcome = {
    directions: transceivers.map(({ mid, currentDirection }) => mid + ' ' + currentDirection),
    codecs: parameters.map(({ codecs }) => codecs[0].mimeType.toLowerCase()),
    rids: parameters.flatMap(({ encodings }) => encodings.flatMap(({ rid }) => rid ?? [])),
    tracks,
  }
  peer.close()
  return outcome
}`

/** Runs in the page: how the ICE of an answer's first transport ends. */
const CONNECT = `async (sdp) => {
  const { peer } = window
  await peer.setRemoteDescription({ type: 'answer', sdp })
  const { iceTransport } = peer.getReceivers()[0].transport
  return new Promise((resolve) => {
    const look = () => ['connected', 'failed'].includes(iceTransport.state) && resolve(iceTransport.state)
    iceTransport.onstatechange = look
    look()
  })
}`

const scope = new Scope()
after(() => scope.close())
let page: Page
before(async () => {
  const opened = await openPage(scope, await startChromium(scope))
  page = opened.page
})

const wish = (...codecs: readonly RtcCodec[]): NegotiateOptions['video'] => ({
  codecs: codecs.map((codec) => ({ codec })),
  order: 'wish',
})

async function exchange(
  parts: readonly Part[],
  options: NegotiateOptions,
  bundlePolicy: 'balanced' | 'max-bundle' = 'max-bundle',
): Promise<Outcome> {
  const offer = await page.evaluate<string>(`(${OFFER})(${JSON.stringify({ parts, bundlePolicy })})`)
  const answer = writeAnswer(negotiate(parseSdp(offer), options), {
    ice: { ufrag: 'abcdefgh', pwd: '0123456789abcdefghijklmnopqrstuv' },
    fingerprint: FINGERPRINT,
    candidates: ['1 1 udp 2130706431 127.0.0.1 9 typ host generation 0'],
    sessionId: '1234567890123456789',
    stream: STREAM,
    tracks: [
      { kind: 'video', ssrc: 1001, rtxSsrc: 1002 },
      { kind: 'audio', ssrc: 1003, rtxSsrc: 1004 },
    ],
  })
  return page.evaluate<Outcome>(`(${ANSWER})(${JSON.stringify(answer)})`)
}

for (const codec of ['h264', 'vp8', 'vp9', 'av1'] as const) {
  test(`publishes ${codec} when that is asked for`, async () => {
    const parts: Part[] = [
      ['audio', 'sendonly'],
      ['video', 'sendrecv'],
    ]
    const outcome = await exchange(parts, { role: 'publish', video: wish(codec), audio: wish('opus') })
    assert.deepEqual(outcome.directions, ['0 sendonly', '1 sendonly'])
    assert.deepEqual(outcome.codecs, ['audio/opus', `video/${codec}`])
  })
}

test('publishes three encodings by simulcast', async () => {
  const parts: Part[] = [
    ['video', 'sendonly', ['q', 'h', 'f']],
    ['audio', 'sendonly'],
  ]
  const outcome = await exchange(parts, { role: 'publish', video: wish('h264', 'vp8'), audio: wish('opus') })
  assert.deepEqual(outcome.rids, ['q', 'h', 'f'])
})

test('publishes as many encodings as are taken', async () => {
  const parts: Part[] = [['video', 'sendonly', ['q', 'h', 'f']]]
  const outcome = await exchange(parts, { role: 'publish', video: wish('vp8'), audio: null, maxEncodings: 2 })
  assert.deepEqual(outcome.rids, ['q', 'h'])
})

test('publishes G.711', async () => {
  const outcome = await exchange([['audio', 'sendonly']], { role: 'publish', video: null, audio: wish('pcma') })
  assert.deepEqual(outcome.codecs, ['audio/pcma'])
})

const PLAY: NegotiateOptions = { role: 'play', video: wish('h264'), audio: wish('opus') }

test('plays video and audio', async () => {
  const outcome = await exchange(
    [
      ['audio', 'recvonly'],
      ['video', 'recvonly'],
    ],
    PLAY,
  )
  assert.deepEqual([outcome.directions, outcome.tracks], [['0 recvonly', '1 recvonly'], 2])
})

for (const policy of ['balanced', 'max-bundle'] as const) {
  test(`plays what it can of an offer with more, in another order (${policy})`, async () => {
    const parts: Part[] = [
      ['video', 'sendonly'],
      ['video', 'recvonly'],
      ['video', 'recvonly'],
      'data',
      ['audio', 'sendrecv'],
    ]
    const outcome = await exchange(parts, PLAY, policy)
    // the first of the bundle stays, the third is gone
    assert.deepEqual(outcome.directions, ['0 inactive', '1 recvonly', '3 recvonly'])
    assert.equal(outcome.tracks, 2)
  })

  test(`plays a stream without video when it asks for video first (${policy})`, async () => {
    const parts: Part[] = [
      ['video', 'recvonly'],
      ['audio', 'recvonly'],
    ]
    const outcome = await exchange(parts, { ...PLAY, video: null }, policy)
    assert.deepEqual([outcome.directions, outcome.tracks], [['0 inactive', '1 recvonly'], 1])
  })

  test(`plays a stream whose video it can't decode (${policy})`, async () => {
    const parts: Part[] = [
      ['video', 'recvonly'],
      ['audio', 'recvonly'],
    ]
    const outcome = await exchange(parts, { ...PLAY, video: wish('hevc') }, policy)
    assert.deepEqual([outcome.directions.at(-1), outcome.tracks >= 1], ['1 recvonly', true])
  })
}

test('checks the way to an ICE-lite end, which answers', { timeout: 20_000 }, async () => {
  const offer = await page.evaluate<string>(
    `(${OFFER})(${JSON.stringify({ parts: [['audio', 'recvonly']], bundlePolicy: 'balanced' })})`,
  )
  const negotiated = negotiate(parseSdp(offer), PLAY)
  const local = makeIceCredentials()
  const ice = new IceLite({ local, remoteUfrag: negotiated.remoteIce.ufrag, nowMs: performance.now() })
  const socket = dgram.createSocket('udp4')
  scope.defer(() => void socket.close())
  socket.on('message', (datagram, { address: ip, port }) => {
    if (classify(datagram) !== 'stun') return
    const { reply } = ice.handle(datagram, { ip, port, transport: 'udp' }, performance.now())
    if (reply) socket.send(reply, port, ip)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { address, port } = socket.address()
  const answer = writeAnswer(negotiated, {
    ice: local,
    fingerprint: FINGERPRINT,
    candidates: hostCandidates([{ transport: 'udp', address, port }]).map(writeCandidate),
    sessionId: '1',
    stream: STREAM,
  })
  assert.equal(await page.evaluate(`(${CONNECT})(${JSON.stringify(answer)})`), 'connected')
  assert.ok(ice.selected)
})
