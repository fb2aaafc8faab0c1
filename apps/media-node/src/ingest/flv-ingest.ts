import { FormatError, ProtocolError, WrapCounter, type Logger } from '@millrace/core'
import { FlvDemuxer, type FlvEvent, type FlvKind } from '@millrace/flv'
import type { Publication } from '@millrace/hub'

/** One FLV tag body, or RTMP audio, video or data message. */
export interface FlvMessage {
  readonly kind: FlvKind
  /** As written, 32 bits. */
  readonly timestampMs: number
  /** Becomes part of frames: it must not be written to afterwards. */
  readonly payload: Uint8Array
}

/** Unreadable messages in a row after which a publisher is no publisher. */
const MAX_BAD_IN_A_ROW = 200

/** Turns a publisher's messages into frames on the hub: those of RTMP, or the tags of an FLV stream. */
export class FlvIngest {
  readonly #publication: Publication
  readonly #logger: Logger
  readonly #demuxer = new FlvDemuxer()
  readonly #clock = new WrapCounter(32)
  #bad = 0
  #badInARow = 0

  constructor(publication: Publication, logger: Logger) {
    this.#publication = publication
    this.#logger = logger
  }

  /** What was dropped, for the closing log line. */
  get counters(): Readonly<Record<string, number>> {
    return { ...this.#demuxer.counters, unreadable: this.#bad }
  }

  get dropped(): number {
    return Object.values(this.counters).reduce((sum, count) => sum + count, 0)
  }

  /**
   * Takes a message. One that can't be read is dropped and counted.
   *
   * @throws ProtocolError `INGEST_UNREADABLE` when nothing but garbage comes
   */
  media({ kind, timestampMs, payload }: FlvMessage): void {
    try {
      for (const event of this.#demuxer.push(kind, this.#clock.unwrap(timestampMs), payload)) this.#take(event)
      this.#badInARow = 0
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      if (this.#bad++ === 0)
        this.#logger.warn({ code: error.code, error: error.message }, 'unreadable media message dropped')
      if (++this.#badInARow < MAX_BAD_IN_A_ROW) return
      throw new ProtocolError('INGEST_UNREADABLE', `${MAX_BAD_IN_A_ROW} unreadable media messages in a row`, {
        cause: error,
      })
    }
  }

  #take(event: FlvEvent): void {
    switch (event.type) {
      case 'frame':
        return this.#publication.write(event.frame)
      case 'track': {
        const { kind, codec, codecString } = event.track
        this.#logger.info({ kind, codec, codec_string: codecString }, 'track configured')
        return this.#publication.setTrack(event.track)
      }
      case 'metadata':
        return this.#publication.setMetadata(event.metadata)
      case 'unsupported':
        return this.#logger.warn(
          { kind: event.kind, codec: event.codec },
          'codec not supported, its frames are skipped',
        )
    }
  }
}
