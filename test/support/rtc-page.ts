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
async function ask(url, offer, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...headers },
    body: offer,
  })
  const answer = await response.text()
  if (response.status !== 201) throw new Error(response.status + ' ' + answer)
  window.resource = new URL(response.headers.get('location'), url).href
  return answer
}
async function askSrs(api, streamurl, sdp) {
  const response = await fetch(api, { method: 'POST', body: JSON.stringify({ api, streamurl, sdp }) })
  const answer = await response.json()
  if (answer.code !== 0) throw new Error(JSON.stringify(answer))
  return answer.sdp
}
async function offerTo(url, peer, { headers = {}, candidate, streamUrl }) {
  await peer.setLocalDescription(await peer.createOffer())
  const gathered = new Promise((resolve) => {
    if (peer.iceGatheringState === 'complete') resolve()
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve()
    setTimeout(resolve, 1000)
  })
  await gathered
  const offer = peer.localDescription.sdp
  const answer = await (streamUrl ? askSrs(url, streamUrl, offer) : ask(url, offer, headers))
  const isWanted = (line) => !candidate || !line.startsWith('a=candidate') || line.includes(candidate)
  const sdp = answer.split('\\r\\n').filter(isWanted).join('\\r\\n')
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
const camera = (audio) => navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 }, audio })
async function marks() {
  // permission makes the browser tell its addresses
  for (const track of (await camera(true)).getTracks()) track.stop()
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
  const context = canvas.getContext('2d')
  const sound = (window.sound = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' }))
  await sound.resume()
  const tone = new OscillatorNode(sound, { frequency: 1000 })
  const gain = new GainNode(sound, { gain: 0 })
  const destination = sound.createMediaStreamDestination()
  tone.connect(gain).connect(destination)
  tone.start()
  const first = Math.ceil(sound.currentTime) + 1
  for (let second = first; second < first + 600; second++) {
    gain.gain.setValueAtTime(0.5, second)
    gain.gain.setValueAtTime(0, second + 0.2)
  }
  let count = 0
  setInterval(() => {
    context.fillStyle = sound.currentTime >= first && sound.currentTime % 1 < 0.2 ? '#fff' : '#000'
    context.fillRect(0, 0, 640, 360)
    // a picture that differs each time
    context.fillStyle = '#888'
    context.fillRect(count++ % 64 * 10, 350, 10, 10)
  }, 10)
  return new MediaStream([...canvas.captureStream(50).getTracks(), ...destination.stream.getTracks()])
}
window.publish = async (url, { codec, source, audio = true, simulcast = false, ...how }) => {
  const media = await (source === 'marks' ? marks() : camera(audio))
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
  await offerTo(url, peer, how)
}
window.play = async (url, how) => {
  const peer = (window.peer = new RTCPeerConnection())
  const stream = new MediaStream()
  peer.addTransceiver('video', { direction: 'recvonly' })
  peer.addTransceiver('audio', { direction: 'recvonly' })
  peer.ontrack = ({ track }) => stream.addTrack(track)
  const video = document.querySelector('video')
  video.srcObject = stream
  await offerTo(url, peer, how)
  video.play().catch(() => {})
}
window.loudest = async () => {
  const { srcObject } = document.querySelector('video')
  const sound = (window.sound ??= new AudioContext())
  if (!window.analyser) {
    window.analyser = new AnalyserNode(sound, { fftSize: 8192 })
    sound.createMediaStreamSource(srcObject).connect(window.analyser)
  }
  const levels = new Float32Array(window.analyser.frequencyBinCount)
  window.analyser.getFloatFrequencyData(levels)
  const decibels = levels.reduce((most, level) => Math.max(most, level), -1000)
  return { frequency: (levels.indexOf(decibels) * sound.sampleRate) / 8192, decibels }
}
window.brightness = (count) => new Promise((resolve) => {
  const video = document.querySelector('video')
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const levels = []
  const take = () => {
    context.drawImage(video, 0, 0, 1, 1)
    levels.push(context.getImageData(0, 0, 1, 1).data[1])
    if (levels.length < count) video.requestVideoFrameCallback(take)
    else resolve(levels)
  }
  video.requestVideoFrameCallback(take)
})
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

/** How a page comes to a session. */
export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** The only candidates taken from the answer are those with this in them. */
  readonly candidate?: string
  /** The URL is SRS's API, and this the stream's. */
  readonly streamUrl?: string
}

export interface PublishOptions extends ConnectOptions {
  readonly codec?: 'h264' | 'vp8' | 'vp9' | 'av1'
  /** `marks`: a picture that is white and a tone of 1 kHz in the first 200 ms of each second; default a camera and a microphone. */
  readonly source?: 'camera' | 'marks'
  readonly audio?: boolean
  readonly simulcast?: boolean
}

/** A page that has a peer connection, or will have. */
export interface RtcPage {
  readonly page: Page
  publish(url: string, options?: PublishOptions): Promise<void>
  play(url: string, options?: ConnectOptions): Promise<void>
  statistics(): Promise<RtcStatistics>
  /** Where the sound that is played is loudest: hertz, and decibels below full scale. */
  loudest(): Promise<{ readonly frequency: number; readonly decibels: number }>
  /** Of so many pictures that are shown from now on, 0 to 255. */
  brightness(count: number): Promise<readonly number[]>
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
    loudest: () => call('loudest'),
    brightness: (count) => call('brightness', count),
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
