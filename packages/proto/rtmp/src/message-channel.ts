import type { AmfValue } from '@millrace/amf'

import { splitAggregate } from './aggregate.ts'
import { ChunkReader, type ChunkLimits, type ChunkRepairs } from './chunk-reader.ts'
import { encodeMessage } from './chunk-writer.ts'
import { writeCommand } from './command.ts'
import { CHUNK_STREAM, MESSAGE_TYPE, type RtmpMessage } from './message.ts'
import { acknowledgement, readControlNumber, setChunkSize } from './protocol-control.ts'
import { readUserControl, USER_CONTROL, userControl } from './user-control.ts'

/** Until the peer tells its own: what every other server acknowledges by. */
const DEFAULT_WINDOW_BYTES = 2_500_000

/**
 * Messages over one connection after the handshake, either side: chunks, acknowledgements and pings are done here,
 * aggregates are split; everything else goes to `onMessage`.
 */
export class MessageChannel {
  readonly #send: (bytes: Uint8Array) => void
  readonly #onMessage: (message: RtmpMessage) => void
  readonly #reader: ChunkReader
  #chunkSize = 128
  #windowBytes = DEFAULT_WINDOW_BYTES
  #receivedBytes = 0
  #acknowledgedBytes = 0

  constructor(send: (bytes: Uint8Array) => void, onMessage: (message: RtmpMessage) => void, limits: ChunkLimits) {
    this.#send = send
    this.#onMessage = onMessage
    this.#reader = new ChunkReader((message) => this.#take(message), limits)
  }

  /** Payload bytes per chunk that we send. */
  get chunkSize(): number {
    return this.#chunkSize
  }

  get repairs(): Readonly<ChunkRepairs> {
    return this.#reader.repairs
  }

  limitMessages(maxMessageBytes: number): void {
    this.#reader.limitMessages(maxMessageBytes)
  }

  /** Acknowledges by this window until the peer tells its own. */
  acknowledgeEvery(windowBytes: number): void {
    this.#windowBytes = Math.max(1, windowBytes)
  }

  /** Takes received bytes. Throws what `ChunkReader.push` and `onMessage` throw. */
  receive(data: Uint8Array): void {
    this.#receivedBytes += data.length
    this.#reader.push(data)
    // at half the window, so that a peer which waits for us never has to
    if (this.#receivedBytes - this.#acknowledgedBytes >= this.#windowBytes / 2) {
      this.#acknowledgedBytes = this.#receivedBytes
      this.sendMessage(CHUNK_STREAM.control, acknowledgement(this.#receivedBytes % 2 ** 32))
    }
  }

  sendMessage(chunkStreamId: number, message: RtmpMessage): void {
    this.#send(encodeMessage(message, chunkStreamId, this.#chunkSize))
  }

  sendCommand(streamId: number, name: string, transactionId: number, values: readonly AmfValue[]): void {
    this.sendMessage(CHUNK_STREAM.command, writeCommand(streamId, name, transactionId, values))
  }

  /** Tells the peer our chunk size and keeps to it from here on. */
  changeChunkSize(chunkSize: number): void {
    if (chunkSize === this.#chunkSize) return
    this.sendMessage(CHUNK_STREAM.control, setChunkSize(chunkSize))
    this.#chunkSize = chunkSize
  }

  #take(message: RtmpMessage): void {
    switch (message.typeId) {
      case MESSAGE_TYPE.acknowledgement:
        return
      case MESSAGE_TYPE.windowAckSize:
        return this.acknowledgeEvery(readControlNumber(message) ?? DEFAULT_WINDOW_BYTES)
      case MESSAGE_TYPE.userControl:
        return this.#takeUserControl(message)
      case MESSAGE_TYPE.aggregate:
        for (const part of splitAggregate(message)) this.#onMessage(part)
        return
      default:
        this.#onMessage(message)
    }
  }

  #takeUserControl(message: RtmpMessage): void {
    const control = readUserControl(message)
    if (control?.event === USER_CONTROL.pingRequest) {
      this.sendMessage(CHUNK_STREAM.control, userControl(USER_CONTROL.pingResponse, control.value))
    } else {
      this.#onMessage(message)
    }
  }
}
