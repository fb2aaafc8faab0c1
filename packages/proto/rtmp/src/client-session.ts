import { randomBytes } from 'node:crypto'

import { isAmfObject, type AmfObject, type AmfValue } from '@millrace/amf'
import { FormatError, ProtocolError, type CodedError, type Machine, type Output } from '@millrace/core'
import type { Metadata } from '@millrace/media'

import type { ChunkLimits } from './chunk-reader.ts'
import { ClientHandshake, type HandshakeMode } from './client-handshake.ts'
import { readCommand, type Command } from './command.ts'
import { readData, writeData } from './data.ts'
import { MessageChannel } from './message-channel.ts'
import { CHUNK_STREAM, MESSAGE_TYPE, type MediaKind, type RtmpMessage } from './message.ts'
import { OutputQueue } from './output-queue.ts'
import { windowAckSize } from './protocol-control.ts'
import type { RandomBytes } from './server-handshake.ts'
import { setBufferLength } from './user-control.ts'

/** Options of a client session. */
export interface RtmpClientOptions {
  /** Monotonic time of the connection's start. */
  nowMs: number
  mode: 'publish' | 'play'
  /** `rtmp://host[:port]/app`, with parameters if the server wants them there; sent as it is. */
  tcUrl: string
  /** Name of the stream with its parameters; sent as it is. */
  stream: string
  /** Default `digest`, which every server takes. */
  handshake?: HandshakeMode
  /** Payload bytes per chunk that we send, default 60 000. */
  chunkSize?: number
  /** Default `FMLE/3.0 (compatible; Millrace)` for a publisher, `LNX 9,0,124,2` for a player. */
  flashVer?: string
  /** Page and program that the client says it is in; told only if given. */
  pageUrl?: string | undefined
  swfUrl?: string | undefined
  /** Sent behind the command object of `connect`. */
  args?: AmfObject | undefined
  /** FourCCs to announce by Enhanced RTMP; none are announced by default. */
  fourCcList?: readonly string[]
  /** What a player asks to be sent ahead, default 1000 ms. */
  bufferMs?: number
  /** From the connection's start to publishing or playing, default 30 s. */
  startTimeoutMs?: number
  limits?: ChunkLimits
  /** Default `node:crypto`'s. */
  random?: RandomBytes
}

/** What a client session tells its owner. */
export type RtmpClientEvent =
  /** The server accepted `connect`; `data` is what it tells of itself, empty if nothing. */
  | { type: 'connected'; properties: AmfObject; data: AmfObject }
  /** The server takes media now. */
  | { type: 'publishing' }
  /** Media follows as soon as there is some. */
  | { type: 'playing' }
  /** As in `RtmpServerEvent`. */
  | { type: 'media'; kind: MediaKind; timestampMs: number; payload: Uint8Array }
  | { type: 'metadata'; metadata: Metadata; timestampMs: number; payload: Uint8Array }
  /** Every `onStatus`. */
  | { type: 'status'; level: string; code: string; description: string }

const TYPES = { audio: MESSAGE_TYPE.audio, video: MESSAGE_TYPE.video, data: MESSAGE_TYPE.dataAmf0 } as const
const CONNECT_ID = 1
const CREATE_STREAM_ID = 4
const PUBLISH_ID = 5
/** Most clients acknowledge by this window. */
const WINDOW_BYTES = 2_500_000

/**
 * A client that publishes or plays one stream, without socket or clock: handshake, `connect`, `createStream`, then
 * `publish` or `play`, as FMLE and ffmpeg do it.
 *
 * `receive` and `tick` throw ProtocolError `RTMP_REFUSED` (the server said no; `details.status` has its code,
 * `details.redirect` the URL it sends us to, if it does),
 * `RTMP_START_TIMEOUT`, `RTMP_VERSION`, `RTMP_COMMAND`, and those of `ChunkReader`.
 */
export class RtmpClientSession implements Machine<RtmpClientEvent> {
  readonly #options: RtmpClientOptions
  readonly #outputs = new OutputQueue<RtmpClientEvent>()
  readonly #handshake: ClientHandshake
  readonly #channel: MessageChannel
  #state: 'starting' | 'active' = 'starting'
  #streamId = 0

  constructor(options: RtmpClientOptions) {
    this.#options = options
    this.#handshake = new ClientHandshake(options.random ?? randomBytes)
    this.#channel = new MessageChannel(
      (bytes) => this.#outputs.send(bytes),
      (message) => this.#take(message),
      options.limits ?? {},
    )
    this.#outputs.send(this.#handshake.start(options.handshake ?? 'digest', options.nowMs))
  }

  get deadlineMs(): number | undefined {
    if (this.#state !== 'starting' || this.#outputs.closed) return undefined
    return this.#options.nowMs + (this.#options.startTimeoutMs ?? 30_000)
  }

  /** The message stream that the server made for us; 0 before. */
  get streamId(): number {
    return this.#streamId
  }

  receive(data: Uint8Array, _nowMs: number): void {
    if (this.#outputs.closed) return
    if (this.#handshake.done) return this.#channel.receive(data)
    const answer = this.#handshake.push(data)
    if (answer) {
      this.#outputs.send(answer)
      this.#connect()
    }
    if (this.#handshake.done) this.#channel.receive(this.#handshake.takeRest())
  }

  poll(): Output<RtmpClientEvent> | undefined {
    return this.#outputs.poll()
  }

  tick(nowMs: number): void {
    const { deadlineMs } = this
    if (deadlineMs !== undefined && nowMs >= deadlineMs) {
      throw new ProtocolError('RTMP_START_TIMEOUT', `the server did not let us ${this.#options.mode} in time`)
    }
  }

  /** Ends the stream politely, if there is one. */
  close(reason: CodedError | null): void {
    if (this.#streamId > 0 && !this.#outputs.closed) {
      const { mode, stream } = this.#options
      if (mode === 'publish') this.#channel.sendCommand(0, 'FCUnpublish', PUBLISH_ID + 1, [null, stream])
      this.#channel.sendCommand(0, 'deleteStream', PUBLISH_ID + 2, [null, this.#streamId])
    }
    this.#outputs.close(reason)
  }

  /** Sends one FLV tag body, or for `data` AMF0 values; before `publishing` there is nobody to take it. */
  sendMedia(kind: MediaKind, timestampMs: number, payload: Uint8Array): void {
    const message = { typeId: TYPES[kind], streamId: this.#streamId, timestampMs, payload }
    this.#channel.sendMessage(CHUNK_STREAM[kind], message)
  }

  /** Sends metadata as encoders do, behind `@setDataFrame`. */
  sendMetadata(metadata: Metadata): void {
    this.#channel.sendMessage(CHUNK_STREAM.data, writeData(this.#streamId, ['@setDataFrame', 'onMetaData', metadata]))
  }

  /** Calls a command of the stream, for example `pause` with `[null, true, 0]`. The answer, if any, is not waited for. */
  call(name: string, values: readonly AmfValue[]): void {
    this.#channel.sendCommand(this.#streamId, name, 0, values)
  }

  #connect(): void {
    const { mode, tcUrl, chunkSize = 60_000, fourCcList, pageUrl, swfUrl, args } = this.#options
    const publishes = mode === 'publish'
    const flashVer = this.#options.flashVer ?? (publishes ? 'FMLE/3.0 (compatible; Millrace)' : 'LNX 9,0,124,2')
    const app = /^[^:]*:\/\/[^/]*\/(.*)$/.exec(tcUrl)?.[1] ?? ''
    this.#channel.changeChunkSize(chunkSize)
    const command = {
      app,
      ...(publishes ? { type: 'nonprivate' } : { fpad: false, capabilities: 15, audioCodecs: 4071, videoCodecs: 252 }),
      flashVer,
      tcUrl,
      ...(pageUrl === undefined ? {} : { pageUrl }),
      ...(swfUrl === undefined ? {} : { swfUrl }),
      ...(fourCcList ? { fourCcList } : {}),
    }
    this.#call(CONNECT_ID, 'connect', command, ...(args ? [args] : []))
  }

  #take(message: RtmpMessage): void {
    const { timestampMs, payload } = message
    switch (message.typeId) {
      case MESSAGE_TYPE.setPeerBandwidth:
        return this.#channel.sendMessage(CHUNK_STREAM.control, windowAckSize(WINDOW_BYTES))
      case MESSAGE_TYPE.audio:
        return this.#outputs.event({ type: 'media', kind: 'audio', timestampMs, payload })
      case MESSAGE_TYPE.video:
        return this.#outputs.event({ type: 'media', kind: 'video', timestampMs, payload })
      case MESSAGE_TYPE.dataAmf0:
      case MESSAGE_TYPE.dataAmf3:
        return this.#takeData(message)
      case MESSAGE_TYPE.commandAmf0:
      case MESSAGE_TYPE.commandAmf3:
        return this.#takeCommand(readCommand(message))
      default:
        return
    }
  }

  #takeData(message: RtmpMessage): void {
    const { timestampMs } = message
    try {
      const { payload, metadata } = readData(message)
      if (metadata) this.#outputs.event({ type: 'metadata', metadata, timestampMs, payload })
      else this.#outputs.event({ type: 'media', kind: 'data', timestampMs, payload })
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }

  #takeCommand({ name, transactionId, values }: Command): void {
    switch (name) {
      case '_result':
        return this.#takeResult(transactionId, values)
      case '_error':
        // releaseStream and FCPublish are courtesies that a server may not know
        if (transactionId === CONNECT_ID || transactionId === CREATE_STREAM_ID) this.#refuse(values[1])
        return
      case 'onStatus':
        return this.#takeStatus(values[1])
      default:
        return
    }
  }

  #takeResult(transactionId: number, values: readonly AmfValue[]): void {
    const [first, second] = values
    if (transactionId === CONNECT_ID) {
      const data = isAmfObject(second) ? second['data'] : undefined
      const properties = isAmfObject(first) ? first : {}
      this.#outputs.event({ type: 'connected', properties, data: isAmfObject(data) ? data : {} })
      this.#createStream()
    } else if (transactionId === CREATE_STREAM_ID && typeof second === 'number') {
      this.#streamId = second
      this.#startStream()
    }
  }

  #createStream(): void {
    const { mode, stream } = this.#options
    if (mode === 'publish') {
      this.#call(CONNECT_ID + 1, 'releaseStream', null, stream)
      this.#call(CONNECT_ID + 2, 'FCPublish', null, stream)
    }
    this.#call(CREATE_STREAM_ID, 'createStream', null)
  }

  #startStream(): void {
    const { mode, stream, bufferMs = 1000 } = this.#options
    if (mode === 'publish') {
      this.#channel.sendCommand(this.#streamId, 'publish', PUBLISH_ID, [null, stream, 'live'])
      return
    }
    this.#channel.sendCommand(this.#streamId, 'play', 0, [null, stream, -2000])
    this.#channel.sendMessage(CHUNK_STREAM.control, setBufferLength(this.#streamId, bufferMs))
  }

  #takeStatus(info: AmfValue): void {
    const { level, code, description } = readStatus(info)
    this.#outputs.event({ type: 'status', level, code, description })
    if (level === 'error') this.#refuse(info)
    if (this.#state === 'active') return
    const publishes = this.#options.mode === 'publish'
    if (code !== (publishes ? 'NetStream.Publish.Start' : 'NetStream.Play.Start')) return
    this.#state = 'active'
    this.#outputs.event({ type: publishes ? 'publishing' : 'playing' })
  }

  #refuse(info: AmfValue): never {
    const { code, description } = readStatus(info)
    const redirect = readRedirect(info)
    throw new ProtocolError('RTMP_REFUSED', `the server refuses: ${code} ${description}`, {
      details: { status: code, ...(redirect === undefined ? {} : { redirect }) },
    })
  }

  #call(transactionId: number, name: string, ...values: readonly AmfValue[]): void {
    this.#channel.sendCommand(0, name, transactionId, values)
  }
}

/** Where SRS, old or new, and Adobe's servers send a client. */
function readRedirect(info: AmfValue): string | undefined {
  const ex = isAmfObject(info) && isAmfObject(info['ex']) ? info['ex'] : {}
  return [ex['redirect2'], ex['redirect']].find((url) => typeof url === 'string' && url !== '') as string | undefined
}

function readStatus(info: AmfValue): { level: string; code: string; description: string } {
  const from = isAmfObject(info) ? info : {}
  const text = (name: string): string => (typeof from[name] === 'string' ? from[name] : '')
  return { level: text('level'), code: text('code'), description: text('description') }
}
