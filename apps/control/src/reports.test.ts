import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'

import { eventSchema } from '@millrace/contracts'
import { events, newId, outbox } from '@millrace/db'
import { asc, eq } from 'drizzle-orm'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const TRACKS = [{ kind: 'video', codec: 'h264', width: 1280, height: 720 }]
const COUNTERS = { duration_s: 12.5, bytes_in: 5_000_000_000, bytes_out: 7 }

/** A node's boot that numbers its reports. */
class Boot {
  readonly id = randomUUID()
  readonly name: string
  nodeId = ''
  #seq = 0

  constructor(name: string) {
    this.name = name
  }

  async register(): Promise<this> {
    const body = { name: this.name, boot_id: this.id, version: '0', addresses: { rtmp: 'rtmp://n' } }
    this.nodeId = (await control.call('POST', '/node/v1/register', { token: control.nodeToken, body })).body.node_id
    return this
  }

  report(type: string, sessionId: string, fields: Record<string, unknown> = {}) {
    return { seq: ++this.#seq, at: new Date().toISOString(), type, session_id: sessionId, ...fields }
  }

  connected(sessionId: string, stream: string, fields: Record<string, unknown> = {}) {
    const names = { vhost: '__defaultVhost__', app: 'live', stream, stream_id: null, key_id: null }
    return this.report('session.connected', sessionId, {
      ...names,
      protocol: 'rtmp',
      client: { ip: '10.0.0.1' },
      ...fields,
    })
  }

  live(sessionId: string) {
    return this.report('session.live', sessionId, { tracks: TRACKS, startup_ms: 80 })
  }

  ended(sessionId: string, reason = 'publisher_closed') {
    return this.report('session.ended', sessionId, { reason, ...COUNTERS })
  }

  async send(...reports: unknown[]) {
    const body = { node_id: this.nodeId, boot_id: this.id, reports }
    return control.call('POST', '/node/v1/reports', { token: control.nodeToken, body })
  }
}

const boot = (name: string = randomUUID()) => new Boot(name).register()

async function eventsOf(sessionId: string) {
  const { body } = await control.call('GET', `/v1/events?session_id=${sessionId}&order=asc`)
  return body.data as { type: string; seq: number; data: Record<string, unknown>; subject: { id: string } }[]
}

const types = async (sessionId: string) => (await eventsOf(sessionId)).map(({ type }) => type)

test('a broadcast goes connected, live, ended; its stream follows, and each step is an event with an outbox row', async () => {
  const node = await boot()
  const session = newId('session')
  const status = async () => {
    const { body } = await control.call('GET', '/v1/streams?name=full')
    return [body.data[0].status, body.data[0].current_session_id]
  }
  assert.equal((await node.send(node.connected(session, 'full', { encoder: 'Lavf60' }))).body.accepted_through, 1)
  assert.deepEqual(await status(), ['connecting', session])
  await node.send(node.live(session))
  assert.deepEqual(await status(), ['live', session])
  const { body: stream } = await control.call('GET', '/v1/streams?name=full')
  const playback = await control.call('GET', `/v1/playback/${stream.data[0].playback_ids[0].id}`, { token: null })
  assert.deepEqual([playback.body.live, playback.body.tracks], [true, TRACKS])
  assert.equal((await control.call('DELETE', `/v1/streams/${stream.data[0].id}`)).body.code, 'STREAM_ON_AIR')
  await node.send(node.report('session.progress', session, { ...COUNTERS, players: 3 }))
  assert.equal((await control.call('GET', `/v1/sessions/${session}`)).body.players, 3)
  await node.send(node.ended(session))
  assert.deepEqual(await status(), ['idle', null])

  const { body: shown } = await control.call('GET', `/v1/sessions/${session}`)
  assert.deepEqual(
    [shown.status, shown.end_reason, shown.duration_s, shown.bytes_in, shown.encoder, shown.players],
    ['ended', 'publisher_closed', 12.5, 5_000_000_000, 'Lavf60', 0],
  )
  const { body: sessions } = await control.call('GET', `/v1/streams/${stream.data[0].id}/sessions`)
  assert.deepEqual(sessions.data, [shown])
  const list = await eventsOf(session)
  assert.deepEqual(
    list.map(({ type, seq }) => [type, seq]),
    [
      ['stream.connected', 2],
      ['stream.live', 3],
      ['stream.ended', 4],
    ],
  )
  for (const event of list) eventSchema.parse(event)
  assert.deepEqual(list[1]!.data, {
    vhost: '__defaultVhost__',
    app: 'live',
    stream: 'full',
    tracks: TRACKS,
    startup_ms: 80,
  })
  assert.deepEqual([list[2]!.data['reason'], list[2]!.data['bytes']], ['publisher_closed', 5_000_000_000])
  const pending = await control.db
    .select({ type: events.type })
    .from(outbox)
    .innerJoin(events, eq(events.id, outbox.eventId))
    .where(eq(events.sessionId, session))
    .orderBy(asc(outbox.id))
  assert.deepEqual(
    pending.map(({ type }) => type),
    ['stream.connected', 'stream.live', 'stream.ended'],
  )
})

test('a batch that comes again, in part or at the same time, is applied once', async () => {
  const node = await boot()
  const session = newId('session')
  const all = [node.connected(session, 'twice'), node.live(session), node.ended(session)]
  const answers = await Promise.all([node.send(...all), node.send(...all), node.send(all[0]), node.send(...all)])
  for (const { status } of answers) assert.equal(status, 200)
  assert.equal((await node.send(...all)).body.accepted_through, 3)
  assert.equal((await node.send(all[1])).body.accepted_through, 3)
  assert.deepEqual(await types(session), ['stream.connected', 'stream.live', 'stream.ended'])
})

test('reports that are out of order within a batch are applied in order', async () => {
  const node = await boot()
  const session = newId('session')
  const [connected, live, ended] = [node.connected(session, 'shuffled'), node.live(session), node.ended(session)]
  assert.equal((await node.send(ended, connected, connected, live)).body.accepted_through, 3)
  assert.deepEqual(await types(session), ['stream.connected', 'stream.live', 'stream.ended'])
})

test('numbers that are missing are taken as lost, and what comes late for them is skipped', async () => {
  const node = await boot()
  const session = newId('session')
  const lost = node.connected(newId('session'), 'gap')
  assert.equal((await node.send(node.connected(session, 'gap'))).body.accepted_through, 2)
  assert.equal((await node.send(lost)).body.accepted_through, 2)
  assert.deepEqual(await types(session), ['stream.connected'])
})

test('a bad report is refused alone and does not block those behind it', async () => {
  const node = await boot()
  const session = newId('session')
  await control.call('POST', '/v1/vhosts', { body: { name: 'reports.example' } })
  const { body } = await node.send(
    node.report('session.nonsense', session),
    node.connected(session, 'robust', { client: { ip: '10.0.0.1', user_agent: 'bad\u0000agent\ud800' } }),
    node.connected(newId('session'), 'gone', { vhost: 'reports.example', stream_id: newId('stream') }),
    node.live(newId('session')),
    node.live(session),
  )
  assert.equal(body.accepted_through, 5)
  assert.deepEqual(
    body.rejected.map(({ seq, code }: { seq: number; code: string }) => [seq, code]),
    [
      [1, 'REPORT_INVALID'],
      [3, 'STREAM_NOT_FOUND'],
    ],
  )
  assert.deepEqual(await types(session), ['stream.connected', 'stream.live'])
  assert.equal((await control.call('GET', `/v1/sessions/${session}`)).body.client.user_agent, 'badagent\ufffd')
})

test('a second publisher, on whichever node, gives exactly one stream.ended{replaced} and one stream.connected', async () => {
  const [one, two] = [await boot(), await boot()]
  const [first, second] = [newId('session'), newId('session')]
  await one.send(one.connected(first, 'taken'), one.live(first))
  await two.send(two.connected(second, 'taken'), two.live(second))
  const { body } = await one.send(one.ended(first, 'replaced'))
  assert.deepEqual(body.rejected, [])
  assert.deepEqual(await types(first), ['stream.connected', 'stream.live', 'stream.ended'])
  const ended = (await eventsOf(first)).at(-1)!
  assert.equal(ended.data['reason'], 'replaced')
  assert.deepEqual(await types(second), ['stream.connected', 'stream.live'])
  assert.ok((await eventsOf(second))[0]!.seq > ended.seq)
  assert.equal((await control.call('GET', `/v1/sessions/${first}`)).body.bytes_in, COUNTERS.bytes_in)
  const { body: stream } = await control.call('GET', '/v1/streams?name=taken')
  assert.deepEqual([stream.data[0].status, stream.data[0].current_session_id], ['live', second])
})

test('the same node may say first that the new one is there, then that the old one was replaced', async () => {
  const node = await boot()
  const [first, second] = [newId('session'), newId('session')]
  await node.send(
    node.connected(first, 'swap'),
    node.connected(second, 'swap'),
    node.ended(first, 'replaced'),
    node.live(second),
  )
  assert.deepEqual(await types(first), ['stream.connected', 'stream.ended'])
  assert.deepEqual(await types(second), ['stream.connected', 'stream.live'])
})

test('a new boot of a node ends what the boot before left open as node_lost, and late reports of it change nothing', async () => {
  const name = randomUUID()
  const old = await boot(name)
  const [open, late] = [newId('session'), newId('session')]
  await old.send(old.connected(open, 'crash'), old.live(open))
  const next = await boot(name)
  assert.equal(next.nodeId, old.nodeId)
  assert.equal((await eventsOf(open)).at(-1)!.data['reason'], 'node_lost')
  await old.send(old.ended(open), old.connected(late, 'crash-late'))
  assert.deepEqual(await types(open), ['stream.connected', 'stream.live', 'stream.ended'])
  assert.equal((await eventsOf(late)).at(-1)!.data['reason'], 'node_lost')
  assert.equal((await control.call('GET', '/v1/streams?name=crash-late')).body.data[0].status, 'idle')
})

test('what is wrong with a broadcast is an event of its stream while it is on', async () => {
  const node = await boot()
  const session = newId('session')
  const health = () =>
    node.report('session.health', session, { code: 'b_frames_for_webrtc', message: 'players do not get its B-frames' })
  await node.send(node.connected(session, 'ill'), health(), node.ended(session), health())
  assert.deepEqual(await types(session), ['stream.connected', 'stream.health', 'stream.ended'])
  const { data } = (await eventsOf(session))[1]!
  assert.deepEqual([data['stream'], data['code']], ['ill', 'b_frames_for_webrtc'])
})

test('a refused publisher is an event of its stream, or of the vhost, and keys in it are masked', async () => {
  const node = await boot()
  const [known, unknown] = [newId('session'), newId('session')]
  await control.call('POST', '/v1/streams', { body: { name: 'guarded' } })
  const rejected = (session: string, stream: string) => {
    const { type: _, ...report } = node.connected(session, stream)
    return { ...report, type: 'session.rejected', code: 'KEY_INVALID', reason: 'no' }
  }
  await node.send(rejected(known, 'guarded'), rejected(unknown, 'sk_abcdefghijklmnop'))
  assert.equal((await eventsOf(known))[0]!.type, 'stream.rejected')
  assert.match((await eventsOf(known))[0]!.subject.id, /^str_/)
  const [masked] = await eventsOf(unknown)
  assert.match(masked!.subject.id, /^vh_/)
  assert.ok(!JSON.stringify(masked).includes('abcdefghijklmnop'))
})

test('reports of an unknown node are refused', async () => {
  const node = new Boot('nobody')
  node.nodeId = newId('node')
  assert.equal((await node.send(node.live(newId('session')))).body.code, 'NODE_NOT_FOUND')
})

test('many nodes that fight for the same streams leave gapless events and one broadcast per stream', async () => {
  const nodes = await Promise.all(Array.from({ length: 4 }, () => boot()))
  const names = ['fight-1', 'fight-2', 'fight-3']
  await Promise.all(
    nodes.map(async (node) => {
      for (let round = 0; round < 4; round++) {
        const sessions = names.map((name) => ({ name, id: newId('session') }))
        const reports = sessions.flatMap(({ name, id }) => [node.connected(id, name), node.live(id)])
        const { status, body } = await node.send(...(round % 2 === 0 ? reports : reports.toReversed()))
        assert.equal(status, 200)
        assert.deepEqual(body.rejected, [])
      }
    }),
  )
  for (const name of names) {
    const { body } = await control.call('GET', `/v1/streams?name=${name}`)
    const rows = await control.db
      .select()
      .from(events)
      .where(eq(events.subjectId, body.data[0].id))
      .orderBy(asc(events.seq))
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_, i) => i + 1),
    )
    const ended = rows.filter(({ type }) => type === 'stream.ended').length
    const connected = rows.filter(({ type }) => type === 'stream.connected').length
    assert.equal(connected, 16)
    assert.equal(ended, 15)
  }
})
