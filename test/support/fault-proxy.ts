import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Scope } from '@millrace/core'

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/xml\r\nconnection: close\r\ncontent-length: 80\r\n\r\n' +
  '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>'

/** What happens to the next connections. */
type Fault = 'none' | 'down' | '503' | 'cut' | 'lose answer'

/**
 * Stands in front of an HTTP server of this machine, and fails as it is told: unreachable, slow, busy. It passes bytes on, so
 * signatures stay good for the name it is asked by; one connection is one request unless nothing is wrong.
 */
export class FaultProxy {
  readonly #target: URL
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #port = 0
  #fault: Fault = 'none'
  /** Connections that the fault is for. */
  #left = Number.POSITIVE_INFINITY
  #bytesPerSecond = Number.POSITIVE_INFINITY

  private constructor(target: URL) {
    this.#target = target
    this.#server = net.createServer((socket) => this.#serve(socket))
  }

  /** Starts one on a free loopback port, in front of `target`; it ends with the scope. */
  static async start(scope: Scope, target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target))
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    proxy.#port = (proxy.#server.address() as net.AddressInfo).port
    scope.defer(() => {
      proxy.#drop()
      proxy.#server.close()
    })
    return proxy
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** From now on no connection lives, open ones neither. */
  down(): void {
    this.#set('down')
  }

  /** From now on all goes through, at full speed. */
  up(): void {
    this.#bytesPerSecond = Number.POSITIVE_INFINITY
    this.#set('none')
  }

  /** The next requests are answered with 503, default all. */
  answer503(requests = Number.POSITIVE_INFINITY): void {
    this.#set('503', requests)
  }

  /** The next requests end without an answer, before the server sees them. */
  cut(requests: number): void {
    this.#set('cut', requests)
  }

  /** The server does what the next requests ask for, and its answers are lost. */
  loseAnswers(requests: number): void {
    this.#set('lose answer', requests)
  }

  /** From now on each connection carries so many kbit/s in either direction. */
  throttle(kbitPerSecond: number): void {
    this.#bytesPerSecond = (kbitPerSecond * 1000) / 8
    this.#set('none')
  }

  /** Open connections are ended, so that the next request meets what was set. */
  #set(fault: Fault, requests = Number.POSITIVE_INFINITY): void {
    this.#fault = fault
    this.#left = requests
    this.#drop()
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => this.#sockets.delete(socket))
  }

  #serve(client: net.Socket): void {
    this.#keep(client)
    const fault = this.#fault
    if (fault !== 'none' && --this.#left <= 0) this.#fault = 'none'
    if (fault === 'down') return void client.destroy()
    if (fault === 'cut') return void client.once('data', () => client.destroy())
    if (fault === '503') return answerBusy(client)
    const server = net.connect(Number(this.#target.port), this.#target.hostname)
    this.#keep(server)
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
    void this.#pass(client, server)
    if (fault === 'lose answer') server.once('data', () => client.destroy())
    else void this.#pass(server, client)
  }

  /** Backpressure goes through: nothing is read that could not be written. */
  async #pass(from: net.Socket, to: net.Socket): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (Number.isFinite(this.#bytesPerSecond)) await this.#writeSlowly(to, chunk)
        else await write(to, chunk)
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  async #writeSlowly(to: net.Socket, chunk: Buffer): Promise<void> {
    const stepBytes = Math.max(1, Math.ceil(this.#bytesPerSecond / 20))
    for (let at = 0; at < chunk.length && !to.destroyed; at += stepBytes) {
      const part = chunk.subarray(at, at + stepBytes)
      await write(to, part)
      await delay((part.length / this.#bytesPerSecond) * 1000)
    }
  }
}

function write(to: net.Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => to.write(chunk, (error) => (error ? reject(error) : resolve())))
}

/** Reads all that comes, as a server that answers early does, so that the client reads the answer. */
function answerBusy(client: net.Socket): void {
  client.once('data', () => client.end(UNAVAILABLE))
  client.resume()
}
