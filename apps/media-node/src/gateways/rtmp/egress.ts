import type net from 'node:net'

import { createFlvPayloads } from '@millrace/flv'
import type { Hub, LiveStream, Packaging, Reader, StreamKey } from '@millrace/hub'
import { createRtmpPackager, type RtmpPlayRequest } from '@millrace/rtmp'

import { socketSink } from '../../io/socket-sink.ts'
import { onlyKinds, type Kinds } from '../../players/only-kinds.ts'
import { withTimes, type PlayTimes } from '../../players/play-times.ts'

/** What a player is to get. */
export interface RtmpPlay {
  readonly key: StreamKey
  readonly request: RtmpPlayRequest
  /** Payload bytes per chunk, as the player was told. */
  readonly chunkBytes: number
  readonly times: PlayTimes
}

/** One RTMP player of a stream. All with the same wishes are sent the same bytes. */
export class RtmpEgress {
  readonly #stream: LiveStream
  readonly #socket: net.Socket
  readonly #hevc: 'enhanced' | 'legacy'
  readonly #chunkBytes: number
  readonly #times: PlayTimes
  readonly #onEnd: (reason: string) => void
  #wanted: Kinds = { audio: true, video: true }
  #kinds: Kinds = this.#wanted
  #changing: NodeJS.Immediate | undefined
  #reader: Reader
  #bytesBefore = 0
  #closed = false

  /** @param onEnd called once when the hub ends the play, not after `close` */
  constructor(
    hub: Hub,
    { key, request, chunkBytes, times }: RtmpPlay,
    socket: net.Socket,
    onEnd: (reason: string) => void,
  ) {
    this.#stream = hub.open(key)
    this.#socket = socket
    this.#chunkBytes = chunkBytes
    this.#times = times
    this.#hevc = request.params['hevc'] === 'legacy' ? 'legacy' : 'enhanced'
    this.#onEnd = onEnd
    this.#reader = this.#read()
  }

  /** `vhost/app/name`. */
  get streamId(): string {
    return this.#stream.id
  }

  get bytes(): number {
    return this.#bytesBefore + this.#reader.bytes
  }

  get jumps(): number {
    return this.#reader.jumps
  }

  pause(paused: boolean): void {
    if (paused) return this.#reader.pause()
    this.#change()
    this.#reader.resume()
  }

  /** receiveAudio and receiveVideo: with or without that kind, once all that the peer wishes at the moment is known. */
  receive(kind: 'audio' | 'video', enabled: boolean): void {
    this.#wanted = { ...this.#wanted, [kind]: enabled }
    // a change costs the packaging of a whole GOP, so there is one for however many wishes come at once
    this.#changing ??= setImmediate(() => {
      this.#changing = undefined
      if (!this.#reader.paused) this.#change()
    })
  }

  close(reason: string): void {
    this.#closed = true
    clearImmediate(this.#changing)
    this.#stream.leave(this.#reader, reason)
  }

  #change(): void {
    if (this.#kinds.audio === this.#wanted.audio && this.#kinds.video === this.#wanted.video) return
    this.#kinds = this.#wanted
    const former = this.#reader
    this.#bytesBefore += former.bytes
    this.#reader = this.#read()
    this.#stream.leave(former, 'RTMP_RECEIVE_CHANGED')
  }

  #read(): Reader {
    const reader: Reader = this.#stream.read(
      withTimes(packaging(this.#hevc, this.#kinds, this.#chunkBytes), this.#times),
      socketSink(this.#socket, {
        // SRS: RTMP players stay when the publisher leaves, and go on with the next
        waits: true,
        onEnd: (reason) => {
          if (reader === this.#reader && !this.#closed) this.#onEnd(reason)
        },
      }),
    )
    return reader
  }
}

function packaging(hevc: 'enhanced' | 'legacy', kinds: Kinds, chunkSize: number): Packaging {
  return {
    key: `rtmp:${chunkSize}:${hevc}:${kinds.audio ? 'a' : ''}${kinds.video ? 'v' : ''}`,
    create: () => onlyKinds(kinds, createRtmpPackager({ chunkSize, payloads: createFlvPayloads({ hevc }) })),
  }
}
