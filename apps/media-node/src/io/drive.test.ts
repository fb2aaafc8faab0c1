import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import test, { type TestContext } from 'node:test'

import { ProtocolError, type CodedError, type Machine, type Output } from '@millrace/core'

import { drive, type Driven } from './drive.ts'

/** Answers each byte: `e` echoes, `E` with 64 KiB, `v` is an event, `d` sets a deadline, `p` and `t` throw. */
class ByteMachine implements Machine<string> {
  deadlineMs: number | undefined
  readonly #outputs: Output<string>[] = []

  receive(data: Uint8Array, nowMs: number): void {
    for (const byte of data) this.#take(String.fromCharCode(byte), nowMs)
  }

  poll(): Output<string> | undefined {
    return this.#outputs.shift()
  }

  tick(): void {
    this.deadlineMs = undefined
    this.#outputs.push({ type: 'event', event: 'tick' })
  }

  close(reason: CodedError | null): void {
    this.say(`bye ${reason?.code}`)
    this.#outputs.push({ type: 'closed', reason })
  }

  say(text: string): void {
    this.#outputs.push({ type: 'send', data: Buffer.from(text) })
  }

  #take(letter: string, nowMs: number): void {
    if (letter === 'e') this.say('e')
    if (letter === 'E') this.say('E'.repeat(65_536))
    if (letter === 'v') this.#outputs.push({ type: 'event', event: 'v' })
    if (letter === 'd') this.deadlineMs = nowMs + 5
    if (letter === 'p') throw new ProtocolError('TEST_BROKEN', 'broken')
    if (letter === 't') throw new TypeError('a mistake of ours')
  }
}

interface Bench {
  client: net.Socket
  server: net.Socket
  machine: ByteMachine
  driven: Driven
  events: string[]
  /** Reasons with which the end was told: one, at the end. */
  closed: (CodedError | null)[]
  ended: Promise<void>
}

async function setUp(t: TestContext, onEvent: (event: string, bench: Bench) => void = () => {}): Promise<Bench> {
  const listener = net.createServer({ highWaterMark: 4 * 1024 * 1024 }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const client = net.connect({ port: (listener.address() as net.AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => {})
  const [server] = (await once(listener, 'connection')) as [net.Socket]
  t.after(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  const machine = new ByteMachine()
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const bench = { client, server, machine, events: [], closed: [], ended } as unknown as Bench
  bench.driven = drive(machine, server, {
    event(event) {
      bench.events.push(event)
      onEvent(event, bench)
    },
    closed(reason) {
      bench.closed.push(reason)
      resolve()
    },
  })
  return bench
}

async function readAll(socket: net.Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

test('answers go out and events come in, in order, until the peer ends', async (t) => {
  const { client, events, closed, ended } = await setUp(t)
  client.end('veve')
  assert.equal(await readAll(client), 'ee')
  await ended
  assert.deepEqual([events, closed], [['v', 'v'], [null]])
})

test('the machine is told when its deadline has passed', async (t) => {
  const ticked = Promise.withResolvers<void>()
  const { client, events } = await setUp(t, (event) => {
    if (event === 'tick') ticked.resolve()
  })
  client.write('d')
  await ticked.promise
  assert.deepEqual(events, ['tick'])
})

test('a protocol error closes the socket, after what the machine has to say about it', async (t) => {
  const { client, closed } = await setUp(t)
  client.write('epe')
  assert.equal(await readAll(client), 'ebye TEST_BROKEN')
  assert.deepEqual(
    closed.map((reason) => reason?.code),
    ['TEST_BROKEN'],
  )
})

test('a mistake of ours closes one socket and keeps its cause', async (t) => {
  const { client, closed } = await setUp(t)
  client.write('t')
  assert.equal(await readAll(client), 'bye IO_UNEXPECTED')
  assert.equal(closed[0]?.code, 'IO_UNEXPECTED')
  assert.ok(closed[0]?.cause instanceof TypeError)
})

test('an error in an event handler closes the socket too', async (t) => {
  const { client, closed } = await setUp(t, () => {
    throw new ProtocolError('TEST_HANDLER', 'no')
  })
  client.write('v')
  assert.equal(await readAll(client), 'bye TEST_HANDLER')
  assert.equal(closed[0]?.code, 'TEST_HANDLER')
})

test('a peer that asks and reads no answers is cut off', async (t) => {
  const { client, server, closed, ended } = await setUp(t)
  client.pause()
  const flood = setInterval(() => client.write('E'), 1)
  t.after(() => clearInterval(flood))
  await ended
  clearInterval(flood)
  assert.equal(closed[0]?.code, 'IO_PEER_READS_NOTHING')
  assert.ok(server.writableLength < 4 * 1024 * 1024, `${server.writableLength} bytes wait`)
})

test('a peer that reads may ask for as much as it likes', async (t) => {
  const { client, closed } = await setUp(t)
  let received = 0
  const all = new Promise<void>((resolve) => {
    client.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received === 100 * 65_536) resolve()
      else if (received % 65_536 === 0) client.write('E')
    })
  })
  client.write('E')
  await all
  assert.deepEqual(closed, [])
})

test('the end is told once, and nothing runs after it', async (t) => {
  const { client, driven, machine, closed, ended } = await setUp(t)
  client.resetAndDestroy()
  await ended
  let ran = false
  driven.act(() => (ran = true))
  driven.close(new ProtocolError('TEST_LATE', 'late'))
  machine.say('never sent')
  driven.act(() => {})
  assert.equal(ran, false)
  assert.deepEqual(
    closed.map((reason) => reason?.code),
    ['IO_SOCKET'],
  )
})
