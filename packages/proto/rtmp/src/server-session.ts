import type { AmfValue } from '@millrace/amf'
import { FormatError, ProtocolError, type CodedError, type Machine, type Output } from '@millrace/core'

import { BandwidthCheck, type BandwidthCheckOptions } from './bandwidth-check.ts'
import type { ChunkRepairs } from './chunk-reader.ts'
import { readCommand, type Command } from './command.ts'
import { connectResult, readConnect, type ConnectInfo } from './connect.ts'
import { readData } from './data.ts'
import { HeldMedia } from './held-media.ts'
import { MessageChannel } from './message-channel.ts'
import { CHUNK_STREAM, MESSAGE_TYPE, STREAM_ID, type MediaKind, type RtmpMessage } from './message.ts'
import { OutputQueue } from './output-queue.ts'
import { PEER_LIMIT, setPeerBandwidth, windowAckSize } from './protocol-control.ts'
import type {
  PublishManner,
  RtmpPlayRequest,
  RtmpPublishRequest,
  RtmpRejection,
  RtmpServerEvent,
} from './server-events.ts'
import { playRequest, publishRequest } from './server-requests.ts'
import { ServerHandshake } from './server-handshake.ts'
import {
  serverSettings,
  type PublishTimeouts,
  type RtmpServerOptions,
  type RtmpServerSettings,
} from './server-options.ts'
import {
  sendConnectRejection,
  sendPause,
  sendPlayStart,
  sendPublishStart,
  sendRedirect,
  sendStatus,
  sendUnpublish,
  sendUserControl,
} from './status.ts'
import { USER_CONTROL, userControl } from './user-control.ts'

/** What a session counted. */
export interface RtmpServerStats extends Readonly<ChunkRepairs> {
  /** Data messages that could not be read. */
  readonly unreadableData: number
}

type Request = RtmpPublishRequest | RtmpPlayRequest

/** What every client is told that it may send, as SRS does. */
const PEER_BANDWIDTH_BYTES = 2_500_000
/** Names of data messages that are of no use to players. */
const OWNER_IGNORES: ReadonlySet<string> = new Set(['onMetaData', '@clearDataFrame'])

type Phase =
  | { name: 'handshake' | 'connect' }
  | { name: 'idle'; info: ConnectInfo }
  | { name: 'requested' | 'active'; info: ConnectInfo; request: Request }
  | { name: 'bandwidth'; info: ConnectInfo; check: BandwidthCheck }

/**
 * One client of an RTMP server, without socket or clock: handshake, `connect`, then publish or play requests, one at a
 * time, that the owner accepts or rejects. Media for players is not sent through the session: the owner writes what an
 * RTMP packager made for `chunkSize` to the same socket, between whole outputs of `poll`.
 *
 * `receive` and `tick` throw ProtocolError `RTMP_VERSION`, `RTMP_PROXY_PREFIX`, `RTMP_COMMAND`, `RTMP_NOT_CONNECTED`,
 * `RTMP_NO_TARGET`, `RTMP_HELD_TOO_LARGE`, `RTMP_REQUEST_TIMEOUT`, `RTMP_PUBLISH_TIMEOUT`, `RTMP_PING_TIMEOUT`,
 * `RTMP_BANDWIDTH_TIMEOUT`, and those of `ChunkReader`. A rejection closes with `RTMP_REJECTED`, a redirect with `RTMP_REDIRECTED`.
 */
export class RtmpServerSession implements Machine<RtmpServerEvent> {
  readonly #settings: RtmpServerSettings
  readonly #outputs = new OutputQueue<RtmpServerEvent>()
  readonly #handshake: ServerHandshake
  readonly #channel: MessageChannel
  #phase: Phase = { name: 'handshake' }
  #nowMs: number
  #deadlineMs: number | undefined
  /** Whether the active peer was heard in the current window. */
  #heard = false
  /** The client spoke FMLE's commands, and wants its answers. */
  #manner: PublishManner = 'flash'
  #hasStream = false
  readonly #held: HeldMedia
  #unreadableData = 0
  /** Of the current publish. */
  #publishTimeoutMs = 0

  constructor(options: RtmpServerOptions) {
    this.#settings = serverSettings(options)
    const { random, maxCommandBytes, maxHeldBytes, limits, requestTimeoutMs } = this.#settings
    this.#held = new HeldMedia(maxHeldBytes)
    this.#nowMs = options.nowMs
    this.#deadlineMs = options.nowMs + requestTimeoutMs
    this.#handshake = new ServerHandshake(random)
    this.#channel = new MessageChannel(
      (bytes) => this.#outputs.send(bytes),
      (message) => this.#take(message),
      { ...limits, maxMessageBytes: maxCommandBytes },
    )
  }

  get deadlineMs(): number | undefined {
    if (this.#outputs.closed) return undefined
    return this.#phase.name === 'bandwidth' ? this.#phase.check.deadlineMs : this.#deadlineMs
  }

  /** Payload bytes per chunk that this client was told: what its packager has to be made for. */
  get chunkSize(): number {
    return this.#channel.chunkSize
  }

  /** The client's address as a proxy before us told it: unproven, fit for logs only. */
  get proxiedIp(): string | null {
    return this.#handshake.proxiedIp
  }

  get stats(): RtmpServerStats {
    return { ...this.#channel.repairs, unreadableData: this.#unreadableData }
  }

  receive(data: Uint8Array, nowMs: number): void {
    if (this.#outputs.closed) return
    this.#nowMs = nowMs
    if (this.#handshake.done) {
      // any byte shows that a player is there
      if (this.#plays()) this.#heard = true
      if (this.#phase.name === 'bandwidth') this.#phase.check.received(data.length, nowMs)
      this.#channel.receive(data)
      return
    }
    const answer = this.#handshake.push(data, nowMs)
    if (answer) this.#outputs.send(answer)
    if (!this.#handshake.done) return
    this.#phase = { name: 'connect' }
    this.#channel.receive(this.#handshake.takeRest())
  }

  poll(): Output<RtmpServerEvent> | undefined {
    return this.#outputs.poll()
  }

  tick(nowMs: number): void {
    const { deadlineMs } = this
    if (deadlineMs === undefined || nowMs < deadlineMs) return
    this.#nowMs = nowMs
    const phase = this.#phase
    if (phase.name === 'bandwidth') return phase.check.tick(nowMs)
    if (phase.name !== 'active')
      throw new ProtocolError('RTMP_REQUEST_TIMEOUT', `nothing asked for in phase ${phase.name}`)
    const publishes = phase.request.type === 'publish'
    if (!this.#heard) {
      throw publishes
        ? new ProtocolError('RTMP_PUBLISH_TIMEOUT', 'the publisher fell silent')
        : new ProtocolError('RTMP_PING_TIMEOUT', 'the player answers no ping')
    }
    this.#heard = false
    if (publishes) this.#deadlineMs = nowMs + this.#publishTimeoutMs
    else this.#ping(nowMs)
  }

  close(reason: CodedError | null): void {
    this.#held.take()
    this.#outputs.close(reason)
  }

  /**
   * Accepts a publish: the client starts to send. Does nothing if it has withdrawn the request meanwhile.
   *
   * @param timeouts of this publish, default the session's
   */
  acceptPublish(request: RtmpPublishRequest, timeouts: Partial<PublishTimeouts> = {}): void {
    if (!this.#activate(request)) return
    const { limits, firstMediaTimeoutMs, publishTimeoutMs } = { ...this.#settings, ...timeouts }
    this.#publishTimeoutMs = publishTimeoutMs
    this.#channel.limitMessages(limits.maxMessageBytes)
    this.#heard = false
    this.#deadlineMs = this.#nowMs + firstMediaTimeoutMs
    sendPublishStart(this.#channel, this.#manner !== 'flash')
    for (const message of this.#held.take()) this.#take(message)
  }

  /**
   * Accepts a play: tells the client that it starts. Does nothing if it has withdrawn the request meanwhile.
   *
   * @param chunkSize payload bytes per chunk of the media to come, default as before
   */
  acceptPlay(request: RtmpPlayRequest, { chunkSize = this.chunkSize }: { chunkSize?: number } = {}): void {
    if (!this.#activate(request)) return
    this.#channel.changeChunkSize(chunkSize)
    sendPlayStart(this.#channel, request.stream)
    this.#deadlineMs = undefined
    this.#ping(this.#nowMs)
  }

  /** Refuses a request, or ends what was accepted: the client is told why, then the session closes with `RTMP_REJECTED`. */
  reject({ code, description }: RtmpRejection): void {
    if ('info' in this.#phase) sendStatus(this.#channel, 'error', code, description)
    this.close(new ProtocolError('RTMP_REJECTED', description, { details: { status: code } }))
  }

  /**
   * Sends a player to another server, and closes with `RTMP_REDIRECTED`. Players that don't know this take it for a refusal.
   *
   * @param url `rtmp://host[:port]/app/stream[?parameters]`
   */
  redirect(url: string): void {
    if ('info' in this.#phase) sendRedirect(this.#channel, url)
    this.close(new ProtocolError('RTMP_REDIRECTED', 'another server has the stream'))
  }

  /** StreamEOF: no media for now. */
  streamEof(): void {
    sendUserControl(this.#channel, USER_CONTROL.streamEof)
  }

  /** Tells a player that all it asked for was sent. */
  completePlay(): void {
    sendStatus(this.#channel, 'status', 'NetStream.Play.Stop', 'The stream is over')
    this.streamEof()
  }

  #take(message: RtmpMessage): void {
    if (this.#phase.name === 'bandwidth') return this.#phase.check.take(message, this.#nowMs)
    switch (message.typeId) {
      case MESSAGE_TYPE.video:
        return this.#takeMedia('video', message)
      case MESSAGE_TYPE.audio:
        return this.#takeMedia('audio', message)
      case MESSAGE_TYPE.dataAmf0:
      case MESSAGE_TYPE.dataAmf3:
        return this.#takeMedia('data', message)
      case MESSAGE_TYPE.commandAmf0:
      case MESSAGE_TYPE.commandAmf3:
        return this.#takeCommand(readCommand(message))
      default:
        return
    }
  }

  #takeMedia(kind: MediaKind, message: RtmpMessage): void {
    const { timestampMs, payload } = message
    if (!('request' in this.#phase) || this.#phase.request.type !== 'publish') return
    if (this.#phase.name === 'requested') return this.#held.add(message)
    this.#heard = true
    if (payload.length === 0) return
    if (kind === 'data') this.#takeData(message)
    else this.#outputs.event({ type: 'media', kind, timestampMs, payload })
  }

  #takeData(message: RtmpMessage): void {
    const { timestampMs } = message
    try {
      const { name, payload, metadata } = readData(message)
      if (metadata) this.#outputs.event({ type: 'metadata', metadata, timestampMs, payload })
      else if (!OWNER_IGNORES.has(name)) this.#outputs.event({ type: 'media', kind: 'data', timestampMs, payload })
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.#unreadableData++
    }
  }

  #takeCommand(command: Command): void {
    const { name, transactionId, values } = command
    if (!('info' in this.#phase)) return this.#connect(command)
    switch (name) {
      case 'createStream':
        this.#hasStream = true
        return this.#result(transactionId, [null, STREAM_ID])
      case 'FCPublish':
        this.#manner = this.#hasStream ? 'haivision' : 'fmle'
        return this.#result(transactionId, [null, undefined])
      case 'publish':
        return this.#requestPublish(this.#phase.info, values)
      case 'play':
        return this.#requestPlay(this.#phase.info, values)
      case 'FCUnpublish':
        sendUnpublish(this.#channel)
        this.#result(transactionId, [null, undefined])
        return this.#endRequest()
      case 'closeStream':
      case 'deleteStream':
        return this.#endRequest()
      case 'pause':
      case 'pauseRaw':
        return this.#pause(values[1] === true)
      case 'receiveAudio':
      case 'receiveVideo':
        return this.#receiveKind(name === 'receiveAudio' ? 'audio' : 'video', transactionId, values[1] !== false)
      case 'getStreamLength':
        return this.#result(transactionId, [null, 0])
      default:
        // releaseStream, _checkbw, seek and whatever else a client calls: answered, as SRS does, and without effect
        if (transactionId > 0) this.#result(transactionId, [null, undefined])
    }
  }

  #connect({ name, transactionId, values }: Command): void {
    if (name !== 'connect') throw new ProtocolError('RTMP_NOT_CONNECTED', `${name} before connect`)
    const info = readConnect(values[0], values[1])
    if (info.tcUrl === '' && info.app === '') throw new ProtocolError('RTMP_NO_TARGET', 'connect without tcUrl and app')
    const { chunkSize, enhanced, onConnect } = this.#settings
    const { windowBytes = this.#settings.windowBytes, acknowledgeBytes, data, ...policy } = onConnect(info)
    this.#phase = { name: 'idle', info }
    if (acknowledgeBytes !== undefined) this.#channel.acknowledgeEvery(acknowledgeBytes)
    if (windowBytes > 0) this.#channel.sendMessage(CHUNK_STREAM.control, windowAckSize(windowBytes))
    this.#channel.sendMessage(CHUNK_STREAM.control, setPeerBandwidth(PEER_BANDWIDTH_BYTES, PEER_LIMIT.dynamic))
    if (policy.rejection !== undefined) return this.#rejectConnect(policy.rejection)
    this.#channel.changeChunkSize(chunkSize)
    this.#result(transactionId, connectResult(info, enhanced, data))
    if (policy.bandwidthCheck) return this.#checkBandwidth(info, policy.bandwidthCheck)
    this.#channel.sendCommand(0, 'onBWDone', 0, [null])
  }

  #rejectConnect(description: string): void {
    sendConnectRejection(this.#channel, description)
    this.close(new ProtocolError('RTMP_REJECTED', description))
  }

  #checkBandwidth(info: ConnectInfo, options: BandwidthCheckOptions): void {
    const { limits, unsentBytes } = this.#settings
    this.#channel.limitMessages(limits.maxMessageBytes)
    const tell = (event: RtmpServerEvent): void => {
      this.#outputs.event(event)
      if (event.type === 'bandwidth') this.close(null)
    }
    const deps = { channel: this.#channel, unsentBytes, tell, isFlash: info.swfUrl !== '' }
    this.#phase = { name: 'bandwidth', info, check: new BandwidthCheck(deps, options, this.#nowMs) }
  }

  #requestPublish(info: ConnectInfo, values: readonly AmfValue[]): void {
    this.#endRequest()
    const request = publishRequest(info, values, this.#manner)
    if (!request) return
    // what comes before the answer has to fit what may be held
    this.#channel.limitMessages(Math.min(this.#settings.maxHeldBytes, this.#settings.limits.maxMessageBytes))
    this.#request(info, request)
    this.#outputs.event({ type: 'publish', request })
  }

  #requestPlay(info: ConnectInfo, values: readonly AmfValue[]): void {
    this.#endRequest()
    const request = playRequest(info, values)
    if (!request) return
    this.#request(info, request)
    this.#outputs.event({ type: 'play', request })
  }

  /** Waits for the owner's answer, however long it takes. */
  #request(info: ConnectInfo, request: Request): void {
    this.#phase = { name: 'requested', info, request }
    this.#deadlineMs = undefined
  }

  /** Whether `request` is the one that waits for an answer; then it is active. */
  #activate(request: Request): boolean {
    const phase = this.#phase
    if (this.#outputs.closed || phase.name !== 'requested' || phase.request !== request) return false
    this.#phase = { ...phase, name: 'active' }
    return true
  }

  #endRequest(): void {
    const phase = this.#phase
    if (!('request' in phase)) return
    this.#held.take()
    this.#phase = { name: 'idle', info: phase.info }
    this.#deadlineMs = this.#nowMs + this.#settings.idleTimeoutMs
    this.#outputs.event({ type: phase.request.type === 'publish' ? 'unpublish' : 'stop-play' })
  }

  #pause(paused: boolean): void {
    if (!this.#plays()) return
    sendPause(this.#channel, paused)
    this.#outputs.event({ type: 'pause', paused })
  }

  #receiveKind(kind: 'audio' | 'video', transactionId: number, enabled: boolean): void {
    if (transactionId > 0) this.#result(transactionId, [null, undefined])
    if (this.#plays()) this.#outputs.event({ type: 'receive', kind, enabled })
  }

  #plays(): boolean {
    return this.#phase.name === 'active' && this.#phase.request.type === 'play'
  }

  #ping(nowMs: number): void {
    const { pingIntervalMs } = this.#settings
    if (pingIntervalMs === null) return
    this.#deadlineMs = nowMs + pingIntervalMs
    this.#channel.sendMessage(CHUNK_STREAM.control, userControl(USER_CONTROL.pingRequest, nowMs % 2 ** 32))
  }

  #result(transactionId: number, values: readonly AmfValue[]): void {
    this.#channel.sendCommand(0, '_result', transactionId, values)
  }
}
