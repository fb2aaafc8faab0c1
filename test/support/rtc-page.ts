/** Pages of Chromium that publish a camera of moving colours by WHIP, or play by WHEP. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Scope } from '@millrace/core'
import type { Browser, Page } from 'playwright-core'

import { openPage, startChromium } from './browser.ts'

/** A camera and a microphone that need no devices, and connections to this machine itself. */
const RTC_ARGS = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

/** Runs in the page. */
const SCRIPT = `
async function offerTo(url, peer, headers) {
  await peer.setLocalDescription(await peer.createOffer())
  const gathered = new Promise((resolve) => {
    if (peer.iceGatheringState === 'complete') resolve()
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve()
    setTimeout(resolve, 1000)
  })
  await gathered
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...headers },
    body: peer.localDescription.sdp,
  })
  const sdp = await response.text()
  if (response.status !== 201) throw new Error(response.status + ' ' + sdp)
  window.resource = new URL(response.headers.get('location'), url).href
  await peer.setRemoteDescription({ type: 'answer', sdp })
  await new Promise((resolve, reject) => {
    const check = () => {
      if (peer.connectionState === 'connected') resolve()
      if (peer.connectionState === 'failed') reject(new Error('connection failed'))
    }
    peer.onconnectionstatechange = check
    check()
    setTimeout(() => reject(new Error('not connected: ' + peer.connectionState + ' ' + peer.iceConnectionState)), 10000)
  })
}
window.publish = async (url, { codec, audio = true, simulcast = false, headers = {} }) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 }, audio })
  const peer = (window.peer = new RTCPeerConnection())
  for (const track of media.getTracks()) {
    const sendEncodings = simulcast && track.kind === 'video'
      ? [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }]
      : [{}]
    const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [media], sendEncodings })
    if (track.kind !== 'video' || !codec) continue
    const { codecs } = RTCRtpSender.getCapabilities('video')
    const chosen = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'video/' + codec)
    transceiver.setCodecPreferences([...chosen, ...codecs.filter(({ mimeType }) => /rtx|red|ulpfec/.test(mimeType))])
  }
  await offerTo(url, peer, headers)
}
window.play = async (url, { headers = {} } = {}) => {
  const peer = (window.peer = new RTCPeerConnection())
  const stream = new MediaStream()
  peer.addTransceiver('video', { direction: 'recvonly' })
  peer.addTransceiver('audio', { direction: 'recvonly' })
  peer.ontrack = ({ track }) => stream.addTrack(track)
  const video = document.querySelector('video')
  video.srcObject = stream
  await offerTo(url, peer, headers)
  video.play().catch(() => {})
}
window.statistics = async () => {
  const all = [...(await window.peer.getStats()).values()]
  const byKind = (type, kind) => all.find((one) => one.type === type && one.kind === kind) ?? {}
  return { video: byKind('inbound-rtp', 'video'), audio: byKind('inbound-rtp', 'audio'), sent: all.filter(({ type }) => type === 'outbound-rtp'), pair: all.find(({ type, nominated }) => type === 'candidate-pair' && nominated), candidates: all.filter(({ type }) => /candidate$/.test(type)) }
}
`

/** What a player's page has received, as `getStats` tells it. */
export interface Received {
  readonly framesDecoded?: number
  readonly frameWidth?: number
  readonly packetsLost?: number
  readonly totalAudioEnergy?: number
  readonly freezeCount?: number
  readonly nackCount?: number
  readonly keyFramesDecoded?: number
  readonly packetsReceived?: number
  readonly retransmittedPacketsReceived?: number
}

export interface RtcStatistics {
  readonly video: Received
  readonly audio: Received
  readonly sent: readonly {
    readonly kind: string
    readonly rid?: string
    readonly framesEncoded?: number
    readonly pliCount?: number
  }[]
}

export interface PublishOptions {
  readonly codec?: 'h264' | 'vp8' | 'vp9' | 'av1'
  readonly audio?: boolean
  readonly simulcast?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** A page that has a peer connection, or will have. */
export interface RtcPage {
  readonly page: Page
  publish(url: string, options?: PublishOptions): Promise<void>
  play(url: string, options?: { headers?: Readonly<Record<string, string>> }): Promise<void>
  statistics(): Promise<RtcStatistics>
  /** URL of the session. */
  resource(): Promise<string>
}

/** A Chromium for WebRTC; it ends with `scope`. */
export const startRtcChromium = (scope: Scope, args: readonly string[] = []): Promise<Browser> =>
  startChromium(scope, [...RTC_ARGS, ...args])

/** An empty page of an origin of its own. */
export async function openRtcPage(scope: Scope, browser: Browser): Promise<RtcPage> {
  const origin = await serveEmptyPage(scope)
  const { page } = await openPage(scope, browser, { permissions: ['camera', 'microphone'] })
  await page.goto(origin)
  await page.addScriptTag({ content: SCRIPT })
  const call = (name: string, ...args: unknown[]): Promise<never> =>
    page.evaluate(`window.${name}(${args.map((each) => JSON.stringify(each)).join(',')})`)
  return {
    page,
    publish: (url, options = {}) => call('publish', url, options),
    play: (url, options = {}) => call('play', url, options),
    statistics: () => call('statistics'),
    resource: () => page.evaluate('window.resource'),
  }
}

async function serveEmptyPage(scope: Scope): Promise<string> {
  const server = http.createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><link rel="icon" href="data:,"><video playsinline></video>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
