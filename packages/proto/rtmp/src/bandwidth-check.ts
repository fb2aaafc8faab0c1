import { Amf0Reader, type AmfObject } from '@millrace/amf'
import { FormatError, ProtocolError } from '@millrace/core'

import { amf0Part, writeCommand } from './command.ts'
import type { MessageChannel } from './message-channel.ts'
import { CHUNK_STREAM, type RtmpMessage } from './message.ts'

/** How the bandwidth of a client is measured. */
export interface BandwidthCheckOptions {
  /** Most that is sent, and read, per second, in kbit. */
  readonly limitKbps: number
  /** Time of each direction, default 3000 ms, as SRS has it. */
  readonly sampleMs?: number
}

/** What was measured, both ways. */
export interface BandwidthResult {
  /** Server to client. */
  readonly play: BandwidthSample
  /** Client to server. */
  readonly publish: BandwidthSample
}

export interface BandwidthSample {
  readonly bytes: number
  readonly durationMs: number
  readonly kbps: number
}

/** What a check asks of the session around it. */
export interface BandwidthCheckDeps {
  readonly channel: Pick<MessageChannel, 'sendMessage'>
  /** Bytes that the session has sent and that the client's side has not taken. */
  readonly unsentBytes: () => number
  /** Whether the client told a `swfUrl`: Flash players leave out the last two answers. */
  readonly isFlash: boolean
  readonly tell: (event: BandwidthEvent) => void
}

/** What a check tells. */
export type BandwidthEvent =
  /** Nothing is to be read from the client for so long. */
  | { type: 'hold-back'; ms: number }
  /** The client's bandwidth was measured, and the client told; the session is over. */
  | { type: 'bandwidth'; result: BandwidthResult }

/**
 * Where it is: the client's word that is waited for, or what flows.
 * @see SRS 4 `srs_app_bandwidth.hpp`, the table of messages
 */
type Step =
  | 'starting-play'
  | 'playing'
  | 'stopped-play'
  | 'starting-publish'
  | 'publishing'
  | 'stopped-publish'
  | 'final'

const EXPECTED: Readonly<Record<Exclude<Step, 'playing' | 'publishing'>, string>> = {
  'starting-play': 'onSrsBandCheckStartingPlayBytes',
  'stopped-play': 'onSrsBandCheckStoppedPlayBytes',
  'starting-publish': 'onSrsBandCheckStartingPublishBytes',
  'stopped-publish': 'onSrsBandCheckStoppedPublishBytes',
  final: 'finalClientPacket',
}

const SAMPLE_MS = 3000
/** Between two bursts of data. */
const BURST_MS = 10
const MAX_BURST_BYTES = 256 * 1024
/** Small beside what 10 ms of a slow line take. */
const FILLING = { 0: 'A'.repeat(1400) }

/**
 * SRS's check of the bandwidth between a client and this server: some seconds of data one way, some the other, then the figures. The
 * server calls, the client answers each call with the name of what it does now.
 *
 * Throws ProtocolError `RTMP_BANDWIDTH_TIMEOUT` when the client doesn't answer.
 */
export class BandwidthCheck {
  readonly #deps: BandwidthCheckDeps
  readonly #sampleMs: number
  readonly #bytesPerMs: number
  readonly #startedAtMs: number
  #step: Step = 'starting-play'
  #deadlineMs: number
  /** Of what flows. */
  #fromMs = 0
  #bytes = 0
  #play: BandwidthSample | undefined
  #publish: BandwidthSample | undefined

  constructor(deps: BandwidthCheckDeps, { limitKbps, sampleMs = SAMPLE_MS }: BandwidthCheckOptions, nowMs: number) {
    this.#deps = deps
    this.#sampleMs = sampleMs
    this.#bytesPerMs = limitKbps / 8
    this.#startedAtMs = nowMs
    this.#call('onSrsBandCheckStartPlayBytes', {})
    this.#deadlineMs = nowMs + this.#answerMs
  }

  get deadlineMs(): number {
    return this.#deadlineMs
  }

  /** Bytes of the client have come, whatever they are. */
  received(bytes: number, nowMs: number): void {
    if (this.#step !== 'publishing') return
    this.#bytes += bytes
    const aheadMs = this.#bytes / this.#bytesPerMs - (nowMs - this.#fromMs)
    if (aheadMs >= BURST_MS) {
      this.#deps.tell({ type: 'hold-back', ms: Math.max(0, Math.min(aheadMs, this.#deadlineMs - nowMs)) })
    }
  }

  /** A message of the client. */
  take(message: RtmpMessage, nowMs: number): void {
    const name = nameOf(message)
    switch (this.#step) {
      case 'starting-play':
        if (name === EXPECTED[this.#step]) this.#flow('playing', nowMs + BURST_MS, nowMs)
        return
      case 'stopped-play':
        if (name !== EXPECTED[this.#step]) return
        this.#call('onSrsBandCheckStartPublishBytes', {})
        return this.#await('starting-publish', nowMs)
      case 'starting-publish':
        if (name === EXPECTED[this.#step]) this.#flow('publishing', nowMs + this.#sampleMs, nowMs)
        return
      case 'stopped-publish':
        if (name === EXPECTED[this.#step]) this.#report(nowMs)
        return
      case 'final':
        if (name === EXPECTED[this.#step]) this.#done()
        return
      default:
      // what fills the line
    }
  }

  tick(nowMs: number): void {
    switch (this.#step) {
      case 'playing':
        return this.#fill(nowMs)
      case 'publishing':
        return this.#stopPublish(nowMs)
      case 'final':
        // it has what it wanted
        return this.#done()
      default:
        throw new ProtocolError('RTMP_BANDWIDTH_TIMEOUT', `the client doesn't answer: ${EXPECTED[this.#step]}`)
    }
  }

  get #answerMs(): number {
    return 2 * this.#sampleMs
  }

  #fill(nowMs: number): void {
    if (nowMs - this.#fromMs >= this.#sampleMs) return this.#stopPlay(nowMs)
    const message = writeCommand(0, 'onSrsBandCheckPlaying', 0, [null, FILLING])
    const dueBytes = Math.min((nowMs - this.#fromMs) * this.#bytesPerMs - this.#bytes, MAX_BURST_BYTES)
    if (this.#deps.unsentBytes() === 0) {
      for (let sent = 0; sent < dueBytes; sent += message.payload.length) {
        this.#deps.channel.sendMessage(CHUNK_STREAM.data, message)
        this.#bytes += message.payload.length
      }
    }
    this.#deadlineMs = nowMs + BURST_MS
  }

  #stopPlay(nowMs: number): void {
    this.#bytes = Math.max(0, this.#bytes - this.#deps.unsentBytes())
    this.#play = this.#sample(nowMs)
    this.#call('onSrsBandCheckStopPlayBytes', delta(this.#play))
    this.#await('stopped-play', nowMs)
  }

  #stopPublish(nowMs: number): void {
    this.#publish = this.#sample(nowMs)
    this.#call('onSrsBandCheckStopPublishBytes', delta(this.#publish))
    if (this.#deps.isFlash) this.#report(nowMs)
    else this.#await('stopped-publish', nowMs)
  }

  #report(nowMs: number): void {
    const { play, publish } = this.#result
    this.#call('onSrsBandCheckFinished', {
      code: 0,
      // SRS: of a clock that stands for no time of day; what counts is how far they are apart
      start_time: Math.round(this.#startedAtMs),
      end_time: Math.round(nowMs),
      play_kbps: play.kbps,
      publish_kbps: publish.kbps,
      play_bytes: play.bytes,
      publish_bytes: publish.bytes,
      play_time: play.durationMs,
      publish_time: publish.durationMs,
    })
    if (this.#deps.isFlash) this.#done()
    else this.#await('final', nowMs)
  }

  #done(): void {
    this.#deps.tell({ type: 'bandwidth', result: this.#result })
  }

  get #result(): BandwidthResult {
    const none = { bytes: 0, durationMs: 0, kbps: 0 }
    return { play: this.#play ?? none, publish: this.#publish ?? none }
  }

  #sample(nowMs: number): BandwidthSample {
    const durationMs = Math.max(1, Math.round(nowMs - this.#fromMs))
    return { bytes: this.#bytes, durationMs, kbps: Math.round((this.#bytes * 8) / durationMs) }
  }

  #flow(step: 'playing' | 'publishing', deadlineMs: number, nowMs: number): void {
    this.#step = step
    this.#fromMs = nowMs
    this.#bytes = 0
    this.#deadlineMs = deadlineMs
  }

  #await(step: Step, nowMs: number): void {
    this.#step = step
    this.#deadlineMs = nowMs + this.#answerMs
  }

  #call(name: string, data: AmfObject): void {
    const info = { duration_ms: this.#sampleMs, interval_ms: 0, ...data }
    this.#deps.channel.sendMessage(CHUNK_STREAM.data, writeCommand(0, name, 0, [null, info]))
  }
}

function delta({ bytes, durationMs }: BandwidthSample): AmfObject {
  return { duration_delta: durationMs, bytes_delta: bytes }
}

/** Name of a command; undefined for anything else. What is behind it fills the line, and isn't read. */
function nameOf(message: RtmpMessage): string | undefined {
  try {
    const name = new Amf0Reader(amf0Part(message)).read()
    return typeof name === 'string' ? name : undefined
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return undefined
  }
}
