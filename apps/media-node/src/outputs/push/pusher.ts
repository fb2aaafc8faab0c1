import type { AddressGuard } from '@millrace/address-guard'
import { backoffMs, CodedError, errorMessage, type BackoffOptions, type Logger } from '@millrace/core'
import { createFlvPayloads } from '@millrace/flv'
import type { LiveStream, Packaging, Reader } from '@millrace/hub'
import type { FlvPayloads } from '@millrace/media'
import { createRtmpPackager, DEFAULT_ENHANCED, RtmpClientSession } from '@millrace/rtmp'

import { drive, type Driven } from '../../io/drive.ts'
import { dial } from '../../io/dial.ts'
import { rtmpNames, type RtmpNames } from '../../io/rtmp-names.ts'
import { socketSink } from '../../io/socket-sink.ts'

/** How a push goes. */
export type PusherStatus =
  | { readonly state: 'starting' }
  /** The receiver takes media. */
  | { readonly state: 'live' }
  | { readonly state: 'retrying'; readonly error: CodedError; readonly delayMs: number }
  /** Final, of one that tries once. */
  | { readonly state: 'failed'; readonly error: CodedError }

export interface PusherOptions {
  /** `rtmp(s)://host[:port]/app/stream`. Holds a secret. */
  url: URL
  /** What the receiver is told, default what the URL says. */
  names?: RtmpNames | undefined
  stream: LiveStream
  /** Told of each change. */
  onStatus: (status: PusherStatus) => void
  logger: Logger
  /** From dialling to the receiver's consent, default 10 s. */
  startTimeoutMs?: number
  /** Delays between attempts, default 0.5 to 30 s; they begin again after 10 s on air. `false`: one attempt only. */
  retry?: BackoffOptions | false
  /** Certificates to trust instead of the system's, in PEM. */
  ca?: string
  /** The addresses that may be connected to, default all. */
  guard?: AddressGuard | undefined
}

const CHUNK_SIZE = 60_000
/** On air for this long, a failure counts as the first again. */
const STEADY_MS = 10_000

/**
 * Publishes a stream of the hub to another RTMP server, by default again and again until it is closed. It is a reader of the hub like
 * any player: one that is behind jumps to the newest key frame, one that takes nothing is cut off and dialled again, so that
 * memory is bounded. Errors: `PUSH_UNREACHABLE`, `PUSH_REFUSED`,
 * `PUSH_TIMEOUT`, `PUSH_ENDED`, `PUSH_STALLED`, `RTMP_…`.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #logger: Logger
  #attempt: PushAttempt | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #liveAtMs: number | undefined
  #closed = false

  constructor(options: PusherOptions) {
    this.#options = options
    // path and query hold keys
    this.#logger = options.logger.child({ receiver: `${options.url.protocol}//${options.url.host}` })
    this.#dial()
  }

  /** Unpublishes and ends the connection. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#attempt?.close()
  }

  #dial(): void {
    this.#liveAtMs = undefined
    this.#options.onStatus({ state: 'starting' })
    if (this.#closed) return
    this.#attempt = new PushAttempt(this.#options, {
      live: () => {
        this.#liveAtMs = performance.now()
        this.#logger.info({}, 'push live')
        this.#options.onStatus({ state: 'live' })
      },
      ended: (error) => this.#failed(error),
    })
  }

  #failed(error: CodedError): void {
    if (this.#closed) return
    const { retry } = this.#options
    if (retry === false) return this.#options.onStatus({ state: 'failed', error })
    if (this.#liveAtMs !== undefined && performance.now() - this.#liveAtMs > STEADY_MS) this.#failures = 0
    const delayMs = backoffMs(this.#failures++, retry)
    this.#logger.warn({ code: error.code, error: errorMessage(error), delay_ms: delayMs }, 'push failed, trying again')
    this.#timer = setTimeout(() => this.#dial(), delayMs)
    this.#options.onStatus({ state: 'retrying', error, delayMs })
  }
}

interface AttemptHandlers {
  live(): void
  /** Once, unless it was closed. */
  ended(error: CodedError): void
}

/** One connection. */
class PushAttempt {
  readonly #stream: LiveStream
  readonly #handlers: AttemptHandlers
  readonly #session: RtmpClientSession
  readonly #driven: Driven
  #reader: Reader | undefined
  #done = false

  constructor({ url, names, stream, startTimeoutMs = 10_000, ca, guard }: PusherOptions, handlers: AttemptHandlers) {
    this.#stream = stream
    this.#handlers = handlers
    this.#session = new RtmpClientSession({
      nowMs: performance.now(),
      mode: 'publish',
      ...(names ?? rtmpNames(url)),
      chunkSize: CHUNK_SIZE,
      fourCcList: DEFAULT_ENHANCED.fourCcList,
      startTimeoutMs,
    })
    const socket = dial(url, { ca, guard })
    this.#driven = drive(this.#session, socket, {
      event: ({ type }) => {
        if (type !== 'publishing' || this.#done) return
        handlers.live()
        if (this.#done) return
        this.#reader = stream.read(
          packaging(this.#session.streamId),
          // a publisher that comes back goes on to the same receiver
          socketSink(socket, { waits: true, onEnd: (reason) => this.#readerEnded(reason) }),
        )
      },
      closed: (reason) => this.#finish(endOf(reason)),
    })
  }

  close(): void {
    if (this.#done) return
    this.#done = true
    this.#leave()
    this.#driven.act(() => this.#session.close(null))
    this.#driven.close(null)
  }

  #readerEnded(reason: string): void {
    if (this.#done) return
    const stalled = reason === 'HUB_READER_STALLED'
    const error = stalled
      ? new CodedError('PUSH_STALLED', 'the receiver takes nothing any more')
      : new CodedError('PUSH_ENDED', `the stream has gone: ${reason}`)
    this.#driven.close(error)
  }

  #finish(error: CodedError): void {
    if (this.#done) return
    this.#done = true
    this.#leave()
    this.#handlers.ended(error)
  }

  #leave(): void {
    if (this.#reader) this.#stream.leave(this.#reader, 'PUSH_ENDED')
    this.#reader = undefined
  }
}

/** All receivers that gave us the same message stream, nearly always 1, are sent the same bytes. */
function packaging(messageStreamId: number): Packaging {
  return {
    key: `rtmp-push:${messageStreamId}`,
    create: () =>
      createRtmpPackager({ chunkSize: CHUNK_SIZE, messageStreamId, payloads: asPublisher(createFlvPayloads()) }),
  }
}

/** `"@setDataFrame"` in AMF0: publishers send it before metadata, for the server to keep. @see Adobe RTMP 1.0 §7.1.2 */
const SET_DATA_FRAME = Uint8Array.of(2, 0, 13, ...new TextEncoder().encode('@setDataFrame'))

function asPublisher(payloads: FlvPayloads): FlvPayloads {
  return {
    ...payloads,
    metadata(info) {
      const metadata = payloads.metadata(info)
      return metadata && Uint8Array.of(...SET_DATA_FRAME, ...metadata)
    },
  }
}

function endOf(reason: CodedError | null): CodedError {
  switch (reason?.code) {
    case undefined:
      return new CodedError('PUSH_ENDED', 'the receiver closed the connection')
    case 'IO_SOCKET':
      return new CodedError('PUSH_UNREACHABLE', reason?.message ?? '', { cause: reason })
    case 'RTMP_REFUSED':
      return new CodedError('PUSH_REFUSED', reason?.message ?? '', { cause: reason })
    case 'RTMP_START_TIMEOUT':
      return new CodedError('PUSH_TIMEOUT', reason?.message ?? '', { cause: reason })
    default:
      return reason as CodedError
  }
}
