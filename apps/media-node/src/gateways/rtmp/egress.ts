import type net from 'node:net'

import { createFlvPayloads } from '@millrace/flv'
import type { Hub, LiveStream, Packaging, Reader, StreamKey } from '@millrace/hub'
import type { Frame, Packager } from '@millrace/media'
import { createRtmpPackager, type RtmpPlayRequest } from '@millrace/rtmp'

import { endSoftly, socketSink } from '../../io/socket-sink.ts'

/** Payload bytes per chunk to players: larger than most frames, so that a frame is one chunk. */
export const PLAY_CHUNK_SIZE = 60_000

type Kinds = Readonly<Record<'audio' | 'video', boolean>>

/** One RTMP player of a stream. All with the same wishes are sent the same bytes. */
export class RtmpEgress {
  readonly #stream: LiveStream
  readonly #socket: net.Socket
  readonly #hevc: 'enhanced' | 'legacy'
  readonly #onEnd: (reason: string) => void
  #kinds: Kinds = { audio: true, video: true }
  #reader: Reader
  #bytesBefore = 0

  /** @param onEnd called once when the hub ends the play */
  constructor(hub: Hub, key: StreamKey, request: RtmpPlayRequest, socket: net.Socket, onEnd: (reason: string) => void) {
    this.#stream = hub.open(key)
    this.#socket = socket
    this.#hevc = request.params['hevc'] === 'legacy' ? 'legacy' : 'enhanced'
    this.#onEnd = onEnd
    this.#reader = this.#read()
  }

  get bytes(): number {
    return this.#bytesBefore + this.#reader.bytes
  }

  get jumps(): number {
    return this.#reader.jumps
  }

  pause(paused: boolean): void {
    if (paused) this.#reader.pause()
    else this.#reader.resume()
  }

  /** receiveAudio and receiveVideo: from here on with or without that kind. */
  receive(kind: 'audio' | 'video', enabled: boolean): void {
    if (this.#kinds[kind] === enabled) return
    this.#kinds = { ...this.#kinds, [kind]: enabled }
    const { paused } = this.#reader
    const former = this.#reader
    this.#bytesBefore += former.bytes
    this.#reader = this.#read()
    if (paused) this.#reader.pause()
    this.#stream.leave(former, 'RTMP_RECEIVE_CHANGED')
  }

  close(reason: string): void {
    this.#stream.leave(this.#reader, reason)
  }

  #read(): Reader {
    const reader: Reader = this.#stream.read(
      packaging(this.#hevc, this.#kinds),
      socketSink(this.#socket, {
        // SRS: RTMP players stay when the publisher leaves, and go on with the next
        waits: true,
        onEnd: (reason) => {
          if (reader !== this.#reader) return
          endSoftly(this.#socket)
          this.#onEnd(reason)
        },
      }),
    )
    return reader
  }
}

function packaging(hevc: 'enhanced' | 'legacy', kinds: Kinds): Packaging {
  return {
    key: `rtmp:${hevc}:${kinds.audio ? 'a' : ''}${kinds.video ? 'v' : ''}`,
    create: () =>
      only(kinds, createRtmpPackager({ chunkSize: PLAY_CHUNK_SIZE, payloads: createFlvPayloads({ hevc }) })),
  }
}

/** Leaves out the tracks that the player doesn't want. */
function only(kinds: Kinds, packager: Packager): Packager {
  if (kinds.audio && kinds.video) return packager
  const wanted = (frame: Frame): boolean => kinds[frame.track.kind]
  return {
    init: (info, dtsMs) => packager.init({ ...info, tracks: info.tracks.filter(({ kind }) => kinds[kind]) }, dtsMs),
    update: (info, dtsMs) => packager.update({ ...info, tracks: info.tracks.filter(({ kind }) => kinds[kind]) }, dtsMs),
    encode: (frame) => (wanted(frame) ? packager.encode(frame) : []),
  }
}
