import { CodedError } from '@millrace/core'
import { createFlvPayloads } from '@millrace/flv'
import type { LiveStream, Packaging, Reader } from '@millrace/hub'
import type { FlvPayloads } from '@millrace/media'
import { createRtmpPackager, DEFAULT_ENHANCED, RtmpClientSession } from '@millrace/rtmp'

import { dial } from '../../io/dial.ts'
import { drive, type Driven } from '../../io/drive.ts'
import { rtmpNames } from '../../io/rtmp-names.ts'
import { socketSink } from '../../io/socket-sink.ts'
import type { AttemptHandlers, AttemptOptions, PushAttempt } from './attempt.ts'

const CHUNK_SIZE = 60_000

/** Publishes to `rtmp(s)://host[:port]/app/stream` by one connection. */
export class RtmpAttempt implements PushAttempt {
  readonly #stream: LiveStream
  readonly #handlers: AttemptHandlers
  readonly #session: RtmpClientSession
  readonly #driven: Driven
  #reader: Reader | undefined
  #done = false

  constructor({ url, names, stream, startTimeoutMs, ca, guard }: AttemptOptions, handlers: AttemptHandlers) {
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
