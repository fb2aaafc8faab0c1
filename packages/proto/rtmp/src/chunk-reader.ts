import { ProtocolError } from '@millrace/core'

import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/** Bounds of a ChunkReader. */
export interface ChunkLimits {
  /** Longest message, default 8 MiB: a key frame of 8K video fits. */
  maxMessageBytes?: number
  /** Memory for all messages that are not whole yet, default twice `maxMessageBytes`. */
  maxPartialBytes?: number
  /** Chunk streams that a peer may use, default 64. */
  maxChunkStreams?: number
}

/** What a ChunkReader put right instead of failing. */
export interface ChunkRepairs {
  /** Chunks on a new chunk stream that lacked part of their header. */
  incompleteHeaders: number
  /** Messages given up because another began on their chunk stream. */
  abandonedMessages: number
  /** Timestamp deltas that were negative. */
  negativeDeltas: number
}

/** Bytes of the message header, by chunk format. */
const HEADER_BYTES = [11, 7, 3, 0] as const
/** Longest chunk header: basic 3, message 11, extended timestamp 4. */
const MAX_HEADER_BYTES = 18
const EXTENDED = 0xffffff
/** A message may keep input alive of at most this many times its length. */
const MAX_HELD_RATIO = 4

interface ChunkStream {
  readonly id: number
  timestampMs: number
  /** The timestamp field of the last header: absolute after format 0, else a delta. */
  fieldMs: number
  absolute: boolean
  extended: boolean
  length: number
  typeId: number
  streamId: number
  /** The message being assembled, null between messages. */
  partial: Uint8Array | null
  received: number
}

/**
 * Takes chunks apart and puts messages together: a push parser that gives the same messages however its input is cut.
 * Obeys SetChunkSize and Abort itself; every other message goes to `onMessage` as soon as it is whole.
 *
 * A message that lies wholly inside one chunk of one piece of input may share that input's memory: never write into a
 * buffer again after it was pushed. Every other message is copied once, into a buffer of its own.
 *
 * Tolerates what encoders do: continuation chunks with and without extended timestamp, new chunk streams that begin
 * with format 1 or 2, deltas below zero, messages cut off by the next. `repairs` counts them.
 *
 * @see Adobe RTMP 1.0 §5.3
 */
export class ChunkReader {
  readonly repairs: ChunkRepairs = { incompleteHeaders: 0, abandonedMessages: 0, negativeDeltas: 0 }

  readonly #onMessage: (message: RtmpMessage) => void
  readonly #maxPartialBytes: number
  readonly #maxChunkStreams: number
  #maxMessageBytes: number
  #chunkSize = 128
  readonly #streams = new Map<number, ChunkStream>()
  /** The chunk stream of the last chunk. */
  #stream: ChunkStream | undefined
  /** The chunk stream of the last message that was no protocol control message. */
  #model: ChunkStream | undefined
  /** Payload bytes of the current chunk that have not come yet. */
  #left = 0
  #partialBytes = 0
  /** A header cut in two by the input. */
  readonly #cut = new Uint8Array(MAX_HEADER_BYTES)
  #cutLength = 0

  constructor(onMessage: (message: RtmpMessage) => void, limits: ChunkLimits = {}) {
    this.#onMessage = onMessage
    this.#maxMessageBytes = limits.maxMessageBytes ?? 8 << 20
    this.#maxPartialBytes = limits.maxPartialBytes ?? this.#maxMessageBytes * 2
    this.#maxChunkStreams = limits.maxChunkStreams ?? 64
  }

  /** Changes the longest message that is taken from now on. */
  limitMessages(maxMessageBytes: number): void {
    this.#maxMessageBytes = maxMessageBytes
  }

  /**
   * Takes the next piece of the byte stream. Throws ProtocolError `RTMP_MESSAGE_TOO_LARGE`, `RTMP_PARTIAL_TOO_LARGE`,
   * `RTMP_TOO_MANY_CHUNK_STREAMS`, `RTMP_CHUNK_FRESH` (a header that leans on one that never came) or
   * `RTMP_CHUNK_SIZE`.
   */
  push(data: Uint8Array): void {
    let at = 0
    while (at < data.length) {
      if (this.#left > 0) at += this.#takePayload(data, at)
      else if (this.#cutLength > 0) at = this.#completeHeader(data, at)
      else {
        const used = this.#takeHeader(data, at, data.length)
        if (used === 0) {
          this.#cut.set(data.subarray(at))
          this.#cutLength = data.length - at
          return
        }
        at += used
      }
    }
  }

  /** Adds bytes of `data` to a cut header until it is whole. Returns where in `data` to go on. */
  #completeHeader(data: Uint8Array, from: number): number {
    for (let at = from; at < data.length;) {
      this.#cut[this.#cutLength++] = data[at++]!
      const used = this.#takeHeader(this.#cut, 0, this.#cutLength)
      if (used > 0) {
        // what looked like an extended timestamp at first may be payload
        const rest = this.#cut.slice(used, this.#cutLength)
        this.#cutLength = 0
        this.push(rest)
        return at
      }
    }
    return data.length
  }

  /** Reads the chunk header at `at` and returns its length, or 0, with nothing changed, if it is not whole. */
  #takeHeader(bytes: Uint8Array, at: number, end: number): number {
    let p = at
    const first = bytes[p++]!
    const format = first >> 6
    let id = first & 0x3f
    if (id === 0) {
      if (end - p < 1) return 0
      id = 64 + bytes[p++]!
    } else if (id === 1) {
      if (end - p < 2) return 0
      id = 64 + bytes[p]! + bytes[p + 1]! * 256
      p += 2
    }
    const fields = p
    p += HEADER_BYTES[format]!
    if (p > end) return 0

    const known = this.#stream?.id === id ? this.#stream : this.#streams.get(id)
    const field = format === 3 ? 0 : u24(bytes, fields)
    const continues = format === 3 && known !== undefined && known.partial !== null
    let extended = format === 3 ? known?.extended === true : field === EXTENDED
    if (extended) {
      if (continues) extended = startsLike(bytes, p, end, known.fieldMs)
      if (extended) p += 4
      if (p > end) return 0
    }
    const stream = known ?? this.#open(id, format)
    if (!continues) {
      const value = extended ? u32(bytes, p - 4) : field
      this.#begin(stream, format, bytes, fields, value, extended)
    }
    this.#stream = stream
    this.#left = Math.min(this.#chunkSize, stream.length - stream.received)
    if (stream.length === 0) this.#emit(stream, new Uint8Array(0))
    return p - at
  }

  #open(id: number, format: number): ChunkStream {
    if (this.#streams.size >= this.#maxChunkStreams) {
      throw new ProtocolError('RTMP_TOO_MANY_CHUNK_STREAMS', `over ${this.#maxChunkStreams} chunk streams`)
    }
    const stream: ChunkStream = {
      id,
      timestampMs: 0,
      fieldMs: 0,
      absolute: false,
      extended: false,
      length: 0,
      typeId: 0,
      streamId: 0,
      partial: null,
      received: 0,
    }
    if (format > 0) this.#lean(stream, format)
    this.#streams.set(id, stream)
    return stream
  }

  /** A new chunk stream without a whole header: what is missing is taken from the last message (DJI's drones). */
  #lean(stream: ChunkStream, format: number): void {
    const model = this.#model
    if (format === 3 || (format === 2 && !model)) {
      throw new ProtocolError('RTMP_CHUNK_FRESH', `chunk stream ${stream.id} begins with format ${format}`)
    }
    this.repairs.incompleteHeaders++
    stream.streamId = model?.streamId ?? 0
    if (format === 2 && model) {
      stream.length = model.length
      stream.typeId = model.typeId
      stream.timestampMs = model.timestampMs
    }
  }

  /** Takes a message header into the chunk stream's state. */
  #begin(
    stream: ChunkStream,
    format: number,
    bytes: Uint8Array,
    fields: number,
    value: number,
    extended: boolean,
  ): void {
    const length = format < 2 ? u24(bytes, fields + 3) : stream.length
    const typeId = format < 2 ? bytes[fields + 6]! : stream.typeId
    if (stream.partial) {
      // some encoders write whole headers on continuation chunks
      if (format > 0 && length === stream.length && typeId === stream.typeId) return
      this.repairs.abandonedMessages++
      this.#drop(stream)
    }
    if (length > this.#maxMessageBytes) {
      const details = { length, typeId, maxMessageBytes: this.#maxMessageBytes }
      throw new ProtocolError('RTMP_MESSAGE_TOO_LARGE', `message of ${length} bytes`, { details })
    }
    stream.length = length
    stream.typeId = typeId
    if (format === 0) stream.streamId = u32le(bytes, fields + 7)
    if (typeId > MESSAGE_TYPE.setPeerBandwidth) this.#model = stream
    this.#advance(stream, format, value, extended)
  }

  #advance(stream: ChunkStream, format: number, value: number, extended: boolean): void {
    if (format < 3) {
      stream.extended = extended
      stream.absolute = format === 0
      stream.fieldMs = value
      // a delta of hours never happens: it is a step back, written as 24 bits (GStreamer's flvmux)
      if (format > 0 && !extended && value >= 0x800000) {
        stream.fieldMs = value - 0x1000000
        this.repairs.negativeDeltas++
      }
    } else if (extended) {
      stream.fieldMs = value
    }
    // after format 0, format 3 repeats its timestamp as a delta, but an extended one is the new time itself
    const replaces = format === 0 || (extended && stream.absolute)
    stream.timestampMs = (replaces ? stream.fieldMs : stream.timestampMs + stream.fieldMs) >>> 0
  }

  /** Takes what there is of the current chunk's payload and returns how much that was. */
  #takePayload(data: Uint8Array, at: number): number {
    const stream = this.#stream!
    const count = Math.min(this.#left, data.length - at)
    this.#left -= count
    if (count === stream.length) {
      // a small message is copied, so that it doesn't hold on to all that was received with it
      const shared = count * MAX_HELD_RATIO >= data.length
      this.#emit(stream, shared ? data.subarray(at, at + count) : data.slice(at, at + count))
      return count
    }
    stream.partial ??= this.#reserve(stream.length)
    stream.partial.set(data.subarray(at, at + count), stream.received)
    stream.received += count
    if (stream.received === stream.length) {
      const payload = stream.partial
      this.#drop(stream)
      this.#emit(stream, payload)
    }
    return count
  }

  #reserve(length: number): Uint8Array {
    this.#partialBytes += length
    if (this.#partialBytes > this.#maxPartialBytes) {
      throw new ProtocolError('RTMP_PARTIAL_TOO_LARGE', `unfinished messages of over ${this.#maxPartialBytes} bytes`)
    }
    return new Uint8Array(length)
  }

  #drop(stream: ChunkStream): void {
    if (stream.partial) this.#partialBytes -= stream.partial.length
    stream.partial = null
    stream.received = 0
  }

  #emit(stream: ChunkStream, payload: Uint8Array): void {
    const { typeId, streamId, timestampMs } = stream
    if (typeId === MESSAGE_TYPE.setChunkSize) this.#setChunkSize(payload)
    else if (typeId === MESSAGE_TYPE.abort) this.#abort(payload)
    else this.#onMessage({ typeId, streamId, timestampMs, payload })
  }

  #setChunkSize(payload: Uint8Array): void {
    // the highest bit is reserved and 0
    const size = payload.length < 4 ? 0 : u32(payload, 0) & 0x7fffffff
    if (size === 0) throw new ProtocolError('RTMP_CHUNK_SIZE', 'SetChunkSize without a size')
    this.#chunkSize = size
  }

  #abort(payload: Uint8Array): void {
    const stream = payload.length < 4 ? undefined : this.#streams.get(u32(payload, 0))
    if (stream) this.#drop(stream)
  }
}

/** Whether the bytes at `at`, as far as they are there, begin the 4-byte `value`. */
function startsLike(bytes: Uint8Array, at: number, end: number, value: number): boolean {
  const count = Math.min(4, end - at)
  for (let i = 0; i < count; i++) if (bytes[at + i] !== ((value >>> (24 - 8 * i)) & 0xff)) return false
  return true
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | u24(bytes, at + 1)) >>> 0
}

function u32le(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
