/** Test support: a server session and a client written by hand, message by message. Not exported. */
import type { AmfValue } from '@millrace/amf'
import { concatBytes } from '@millrace/bytes'
import { InvariantError, type CodedError, type Machine, type Output } from '@millrace/core'

import { ChunkReader } from './chunk-reader.ts'
import { encodeMessage } from './chunk-writer.ts'
import { readCommand, writeCommand } from './command.ts'
import { readData } from './data.ts'
import { CHUNK_STREAM, MESSAGE_TYPE, type RtmpMessage } from './message.ts'
import { readControlNumber } from './protocol-control.ts'
import type { RtmpPlayRequest, RtmpPublishRequest, RtmpServerEvent } from './server-events.ts'
import type { RtmpServerOptions } from './server-options.ts'
import { RtmpServerSession } from './server-session.ts'
import { readUserControl } from './user-control.ts'

/** A server session and the bytes of a client that is written by hand. */
export class ScriptedClient {
  readonly session: RtmpServerSession
  readonly events: RtmpServerEvent[] = []
  closed: CodedError | null | undefined
  nowMs = 1000
  readonly #replies: RtmpMessage[] = []
  /** Is shown each reply as it comes. */
  onReply: (message: RtmpMessage) => void = () => {}
  readonly #reader = new ChunkReader((message) => {
    this.#replies.push(message)
    this.onReply(message)
  })
  #skipped = 0

  constructor(options: Partial<RtmpServerOptions> = {}) {
    this.session = new RtmpServerSession({ nowMs: this.nowMs, ...options })
  }

  send(...parts: Uint8Array[]): this {
    for (const part of parts) this.session.receive(part, this.nowMs)
    return this.drain()
  }

  drain(): this {
    for (const output of outputs(this.session)) {
      if (output.type === 'event') this.events.push(output.event)
      else if (output.type === 'closed') this.closed = output.reason
      else {
        const handshake = Math.min(output.data.length, 3073 - this.#skipped)
        this.#skipped += handshake
        this.#reader.push(output.data.subarray(handshake))
      }
    }
    return this
  }

  /** Replies since the last call, in words. */
  replies(): string[] {
    return this.#replies.splice(0).map(describe)
  }

  /** Brings the client to the point where it may ask for something. */
  connect(connectObject: AmfValue = { app: 'live', tcUrl: 'rtmp://demo.example/live?vhost=v' }): this {
    this.send(HANDSHAKE, command('connect', 1, connectObject))
    this.replies()
    return this
  }

  publish(): RtmpPublishRequest {
    this.connect().send(command('publish', 5, null, 's?key=k', 'live'))
    const [event] = this.events.splice(0)
    if (event?.type !== 'publish') throw new InvariantError('TEST_NO_REQUEST', 'no publish event')
    return event.request
  }

  play(...values: AmfValue[]): RtmpPlayRequest {
    this.connect().send(command('play', 0, null, 's', ...values))
    const [event] = this.events.splice(0)
    if (event?.type !== 'play') throw new InvariantError('TEST_NO_REQUEST', 'no play event')
    return event.request
  }

  publishing(): this {
    this.session.acceptPublish(this.publish())
    this.drain().replies()
    return this
  }

  playing(): this {
    this.session.acceptPlay(this.play())
    this.drain().replies()
    return this
  }
}

/** What a machine wants done, until it wants no more. */
export function* outputs<E>(machine: Machine<E>): Generator<Output<E>> {
  for (let output = machine.poll(); output; output = machine.poll()) yield output
}

/** C0, C1 and C2 of a simple client. */
export const HANDSHAKE = concatBytes([Uint8Array.of(3), new Uint8Array(1536 * 2)])
/** A command as a client writes it. */
export const command = (name: string, transactionId: number, ...values: AmfValue[]): Uint8Array =>
  encodeMessage(writeCommand(1, name, transactionId, values), CHUNK_STREAM.command, 128)
/** A message of any type as a client writes it. */
export const media = (typeId: number, timestampMs: number, payload: readonly number[]): Uint8Array =>
  encodeMessage({ typeId, streamId: 1, timestampMs, payload: Uint8Array.from(payload) }, 6, 128)

function describe(message: RtmpMessage): string {
  switch (message.typeId) {
    case MESSAGE_TYPE.commandAmf0: {
      const { name, transactionId, values } = readCommand(message)
      const info = values[1] as { level?: string; code?: string } | null | undefined
      const said = info?.code ?? JSON.stringify(values[1])
      return `${name} ${transactionId} ${info?.level === 'error' ? 'error ' : ''}${said}`
    }
    case MESSAGE_TYPE.dataAmf0:
      return `data ${readData(message).name}`
    case MESSAGE_TYPE.userControl: {
      const { event, value } = readUserControl(message) ?? {}
      return `control ${event} ${value}`
    }
    default:
      return `type ${message.typeId} ${readControlNumber(message)}`
  }
}
