import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'

import { CodedError, errorMessage, InvariantError } from '@millrace/core'

import { dial } from '../../io/dial.ts'
import { PACKET_RELAY_PROTOCOL, type PacketRelayMessage } from '../../io/packet-relay/messages.ts'
import { PacketRelayReader } from '../../io/packet-relay/reader.ts'
import { writePacketRelayMessage } from '../../io/packet-relay/writer.ts'

/** The other node says something each second, whatever its publisher does. */
const SILENCE_MS = 4000

/** What a connection tells its owner. */
export interface PacketConnectionHandlers {
  /** May throw a CodedError: the connection then ends with it. */
  message(message: PacketRelayMessage): void
  /** Once, unless the owner has closed it: it ended, failed or was refused. */
  ended(error: CodedError): void
}

/** A connection to the node that has a stream's packets. */
export class PacketConnection {
  readonly #handlers: PacketConnectionHandlers
  readonly #reader = new PacketRelayReader()
  readonly #request: http.ClientRequest
  readonly #timer: NodeJS.Timeout
  #socket: Duplex | undefined
  #over = false

  /**
   * Begins to connect to `http(s)://…/stream.rtp` of another node. It ends with `PULL_UNREACHABLE`, `PULL_REFUSED`,
   * `PULL_TIMEOUT`, `PULL_ENDED`, or what the reader throws.
   */
  constructor(url: URL, headers: Readonly<Record<string, string>>, handlers: PacketConnectionHandlers) {
    this.#handlers = handlers
    this.#timer = setTimeout(() => this.#end('PULL_TIMEOUT', `silent for ${SILENCE_MS} ms`), SILENCE_MS)
    this.#request = (url.protocol === 'https:' ? https : http).get(url, {
      createConnection: () => dial(url, {}),
      headers: { ...headers, 'user-agent': 'Millrace', connection: 'Upgrade', upgrade: PACKET_RELAY_PROTOCOL },
    })
    this.#request.on('error', (error) => this.#end('PULL_UNREACHABLE', errorMessage(error)))
    this.#request.on('response', ({ statusCode = 0 }) => this.#end('PULL_REFUSED', `the node answered ${statusCode}`))
    this.#request.on('upgrade', (_response, socket, head) => this.#begin(socket, head))
  }

  /** Asks for a key frame of one encoding. */
  requestKeyFrame(track: number, layer: number): void {
    if (!this.#over) this.#socket?.write(writePacketRelayMessage({ type: 'key-frame', track, layer }))
  }

  /** Ends it at once; no handler is called any more. */
  close(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#request.destroy()
    this.#socket?.destroy()
  }

  #begin(socket: Duplex, head: Buffer): void {
    this.#socket = socket
    socket.on('error', (error) => this.#end('PULL_UNREACHABLE', errorMessage(error)))
    if (this.#over) return void socket.destroy()
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.once('end', () => this.#end('PULL_ENDED', 'the node ended the stream'))
    socket.once('close', () => this.#end('PULL_ENDED', 'the connection is closed'))
    this.#read(head)
  }

  #read(chunk: Uint8Array): void {
    if (this.#over) return
    this.#timer.refresh()
    try {
      for (const message of this.#reader.push(chunk)) if (!this.#over) this.#handlers.message(message)
    } catch (error) {
      if (!(error instanceof CodedError) || error instanceof InvariantError) throw error
      this.#end(error.code, error.message)
    }
  }

  #end(code: string, message: string): void {
    if (this.#over) return
    this.close()
    this.#handlers.ended(new CodedError(code, message))
  }
}
