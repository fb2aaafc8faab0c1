import assert from 'node:assert/strict'
import test from 'node:test'

import type { Machine } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { RtmpClientSession, type RtmpClientEvent, type RtmpClientOptions } from './client-session.ts'
import type { RtmpServerEvent } from './server-events.ts'
import { RtmpServerSession } from './server-session.ts'

type Answer = (server: RtmpServerSession, event: RtmpServerEvent) => void

/** Accepts whatever is asked for. */
const acceptAll: Answer = (server, event) => {
  if (event.type === 'publish') server.acceptPublish(event.request)
  if (event.type === 'play') server.acceptPlay(event.request)
}

/** A client and a server session whose bytes go to each other. */
class Link {
  readonly client: RtmpClientSession
  readonly server = new RtmpServerSession({ nowMs: 0, onConnect: () => ({ data: { srs_id: 'a' } }) })
  readonly clientEvents: RtmpClientEvent[] = []
  readonly serverEvents: RtmpServerEvent[] = []
  readonly #answer: Answer

  constructor(options: Partial<RtmpClientOptions>, answer: Answer = acceptAll) {
    this.#answer = answer
    this.client = new RtmpClientSession({
      nowMs: 0,
      mode: 'publish',
      tcUrl: 'rtmp://h:1936/live/sub',
      stream: 's?key=k',
      ...options,
    })
  }

  run(): this {
    for (let busy = true; busy;) {
      const toServer = this.#drain(this.client, (event) => this.clientEvents.push(event))
      for (const data of toServer) this.server.receive(data, 0)
      const toClient = this.#drain(this.server, (event) => {
        this.serverEvents.push(event)
        this.#answer(this.server, event)
      })
      for (const data of toClient) this.client.receive(data, 0)
      busy = toServer.length + toClient.length > 0
    }
    return this
  }

  #drain<E>(machine: Machine<E>, onEvent: (event: E) => void): Uint8Array[] {
    const sent: Uint8Array[] = []
    for (let output = machine.poll(); output; output = machine.poll()) {
      if (output.type === 'send') sent.push(output.data)
      else if (output.type === 'event') onEvent(output.event)
    }
    return sent
  }
}

const types = (events: readonly { type: string }[]): string[] => events.map(({ type }) => type)

for (const handshake of ['digest', 'simple'] as const) {
  test(`publishing arrives: ${handshake} handshake`, () => {
    const link = new Link({ handshake, chunkSize: 128 }).run()
    assert.deepEqual(types(link.clientEvents), ['connected', 'status', 'publishing'])
    const video = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff)
    link.client.sendMetadata({ width: 640 })
    link.client.sendMedia('video', 2 ** 31, video)
    link.client.sendMedia('audio', 20, Uint8Array.of(0xaf, 1))
    link.run()
    const [publish, metadata, ...media] = link.serverEvents
    assert.ok(publish?.type === 'publish')
    assert.deepEqual(
      [publish.request.app, publish.request.stream, publish.request.params],
      ['live/sub', 's', { key: 'k' }],
    )
    assert.ok(metadata?.type === 'metadata')
    assert.deepEqual(metadata.metadata, { width: 640 })
    assert.deepEqual(media, [
      { type: 'media', kind: 'video', timestampMs: 2 ** 31, payload: video },
      { type: 'media', kind: 'audio', timestampMs: 20, payload: Uint8Array.of(0xaf, 1) },
    ])
    link.client.close(null)
    assert.deepEqual(types(link.run().serverEvents.slice(4)), ['unpublish'])
  })
}

test('playing: what the server sends arrives', () => {
  const link = new Link({ mode: 'play', stream: 's' }).run()
  assert.deepEqual(types(link.clientEvents), ['connected', 'status', 'status', 'playing', 'media', 'media'])
  const [play] = link.serverEvents
  assert.ok(play?.type === 'play')
  link.client.call('pause', [null, true, 0])
  link.run()
  assert.deepEqual(link.serverEvents.at(-1), { type: 'pause', paused: true })
  const last = link.clientEvents.at(-1)
  assert.ok(last?.type === 'status')
  assert.equal(last.code, 'NetStream.Pause.Notify')
})

test('a refusal is an error with the status of the server', () => {
  const link = new Link({}, (server) => server.reject({ code: 'NetStream.Publish.BadName', description: 'wrong key' }))
  const error = onlyCoded(() => link.run())
  assert.equal(error?.code, 'RTMP_REFUSED')
  assert.deepEqual(error?.details, { status: 'NetStream.Publish.BadName' })
})

test('a server that does not answer in time is given up', () => {
  const { client } = new Link({ startTimeoutMs: 500 })
  client.tick(499)
  assert.equal(onlyCoded(() => client.tick(500))?.code, 'RTMP_START_TIMEOUT')
  assert.equal(new Link({}).run().client.deadlineMs, undefined)
})

test('Enhanced RTMP is announced on request, and answered', () => {
  const link = new Link({ fourCcList: ['hvc1', 'av01'] }).run()
  const [publish] = link.serverEvents
  assert.ok(publish?.type === 'publish')
  assert.deepEqual(publish.request.fourCcList, ['hvc1', 'av01'])
  const [connected] = link.clientEvents
  assert.ok(connected?.type === 'connected')
  assert.ok((connected.properties['fourCcList'] as string[]).includes('hvc1'))
  const plain = new Link({}).run().clientEvents[0]
  assert.ok(plain?.type === 'connected')
  assert.equal(plain.properties['fourCcList'], undefined)
  assert.deepEqual(plain.data, { srs_id: 'a' })
})

test('mutated answers: only coded errors', () => {
  const server = new RtmpServerSession({ nowMs: 0 })
  const client = new RtmpClientSession({ nowMs: 0, mode: 'play', tcUrl: 'rtmp://h/live', stream: 's' })
  const said: Uint8Array[] = []
  for (let round = 0; round < 10; round++) {
    for (let output = client.poll(); output; output = client.poll()) {
      if (output.type === 'send') server.receive(output.data, 0)
    }
    for (let output = server.poll(); output; output = server.poll()) {
      if (output.type === 'event') acceptAll(server, output.event)
      if (output.type !== 'send') continue
      said.push(output.data)
      client.receive(output.data, 0)
    }
  }
  const [handshake, ...answers] = said
  assert.ok(handshake && answers.length > 0)
  for (const answer of answers) {
    for (const bad of mutations(answer, 500)) {
      const other = new RtmpClientSession({ nowMs: 0, mode: 'play', tcUrl: 'rtmp://h/live', stream: 's' })
      other.receive(handshake, 0)
      onlyCoded(() => other.receive(bad, 0))
    }
  }
})

test('a client learns where a server sends it, and tells what it was given to tell', () => {
  const link = new Link(
    { mode: 'play', pageUrl: 'http://p/', swfUrl: 'http://s/', args: { srs_id: 'a' } },
    (server, event) => {
      if (event.type === 'play') server.redirect('rtmp://10.0.0.7:1936/live/sub/s?key=a/b')
    },
  )
  assert.throws(() => link.run(), {
    code: 'RTMP_REFUSED',
    details: { status: 'NetConnection.Connect.Rejected', redirect: 'rtmp://10.0.0.7:1936/live/sub/s?key=a/b' },
  })
  const [asked] = link.serverEvents
  assert.ok(asked?.type === 'play')
  const { pageUrl, swfUrl, args } = asked.request
  assert.deepEqual({ pageUrl, swfUrl, args }, { pageUrl: 'http://p/', swfUrl: 'http://s/', args: { srs_id: 'a' } })
})
