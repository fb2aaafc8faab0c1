import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { sql } from 'drizzle-orm'

import { cleanUp } from './clean-up.ts'
import { connect, openDb, transaction } from './connect.ts'
import { newId } from './ids.ts'
import { appendEvent } from './outbox.ts'
import {
  clips,
  deliveries,
  events,
  jobs,
  mediaSegments,
  outbox,
  playbackRevocations,
  projects,
  recordings,
  storages,
  streams,
  takes,
  vhosts,
  webhookEndpoints,
} from './schema.ts'
import { startTestPostgres, type TestPostgres } from './testing.ts'

let pg: TestPostgres
before(async () => {
  pg = await startTestPostgres()
})
after(() => pg.close())

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

test('after 30 days events go with their delivery log, after 7 what was never delivered is given up', async () => {
  const client = connect(await pg.createDatabase(), { maxConnections: 2 })
  const db = openDb(client)
  const projectId = newId('project')
  const endpointId = newId('webhookEndpoint')
  await db.insert(projects).values({ id: projectId, name: 'p' })
  await db.insert(webhookEndpoints).values({ id: endpointId, projectId, url: 'https://example.com', secretSealed: '' })
  const make = async (days: number, status: 'pending' | 'succeeded', redeliveredDays?: number): Promise<string> => {
    const event = await transaction(db, (tx) =>
      appendEvent(tx, {
        projectId,
        type: 'test.ping',
        subject: { type: 'stream', id: 'str_x' },
        data: { message: '' },
      }),
    )
    await db
      .update(events)
      .set({ createdAt: daysAgo(days) })
      .where(sql`id = ${event.id}`)
    await db.insert(deliveries).values({
      id: newId('delivery'),
      projectId,
      endpointId,
      eventId: event.id,
      subjectType: 'stream',
      subjectId: 'str_x',
      seq: event.seq,
      status,
      createdAt: daysAgo(days),
      redeliveredAt: redeliveredDays === undefined ? null : daysAgo(redeliveredDays),
    })
    return event.id
  }
  await make(31, 'succeeded')
  const kept = [
    await make(29, 'succeeded'),
    await make(8, 'pending'),
    await make(6, 'pending'),
    await make(29, 'pending', 1),
  ]
  await make(40, 'pending')
  await db.delete(outbox)
  const job = { id: newId('job'), projectId, type: 't', subjectType: 's', subjectId: 'i', status: 'succeeded' as const }
  await db.insert(jobs).values({ ...job, finishedAt: daysAgo(31) })
  for (const expiresAt of [daysAgo(1), daysAgo(-1)]) {
    await db.insert(playbackRevocations).values({ id: newId('revocation'), projectId, vid: 'ann', expiresAt })
  }
  assert.deepEqual(await cleanUp(db), {
    events: 2,
    expiredDeliveries: 2,
    jobs: 1,
    idempotencyKeys: 0,
    hookAnswers: 0,
    playbackRevocations: 1,
    expiredCommands: 0,
    commands: 0,
    recordings: 0,
    clips: 0,
    takes: 0,
  })
  assert.deepEqual((await db.select().from(events)).map(({ id }) => id).toSorted(), kept.toSorted())
  const rows = await db.select().from(deliveries)
  const statusOf = (eventId: string | undefined) => rows.find((row) => row.eventId === eventId)?.status
  assert.deepEqual(kept.map(statusOf), ['succeeded', 'failed', 'pending', 'pending'])
  assert.deepEqual(await cleanUp(db), {
    events: 0,
    expiredDeliveries: 0,
    jobs: 0,
    idempotencyKeys: 0,
    hookAnswers: 0,
    playbackRevocations: 0,
    expiredCommands: 0,
    commands: 0,
    recordings: 0,
    clips: 0,
    takes: 0,
  })
  await client.end({ timeout: 1 })
})

test('after 30 days nothing but the log tells of recordings and clips that were deleted, and of takes without media', async () => {
  const client = connect(await pg.createDatabase(), { maxConnections: 2 })
  const db = openDb(client)
  const projectId = newId('project')
  const [vhostId, streamId, storageId] = [newId('vhost'), newId('stream'), newId('storage')]
  const location = { type: 'local' as const, directory: '/x', prefix: '' }
  await db.insert(projects).values({ id: projectId, name: 'p' })
  await db.insert(vhosts).values({ id: vhostId, projectId, name: 'v', access: 'open' })
  await db.insert(streams).values({ id: streamId, projectId, vhostId, app: 'live', name: 's' })
  await db.insert(storages).values({ id: storageId, projectId, name: 's', location })
  const own = { projectId, streamId, storageId }
  const times = { startedAt: daysAgo(60), endedAt: daysAgo(59) }
  const made = { ...own, ...times, mode: 'manual', plan: 'session', format: 'fmp4', segmentS: 4 } as const
  const busy = newId('job')
  await db
    .insert(jobs)
    .values({ id: busy, projectId, type: 'recording.delete', subjectType: 'recording', subjectId: 'r' })
  const kept = [newId('recording'), newId('recording'), newId('recording')]
  await db.insert(recordings).values([
    { ...made, id: newId('recording'), status: 'deleted', deletedAt: daysAgo(31) },
    { ...made, id: kept[0]!, status: 'deleted', deletedAt: daysAgo(29) },
    { ...made, id: kept[1]!, status: 'ready' },
    { ...made, id: kept[2]!, status: 'deleted', deletedAt: daysAgo(31), jobId: busy },
  ])
  const range = { fromAt: daysAgo(60), toAt: daysAgo(59) }
  await db.insert(clips).values({ ...own, ...range, id: newId('clip'), status: 'deleted', deletedAt: daysAgo(31) })
  const take = { ...own, sessionId: newId('session'), nodeId: newId('node'), format: 'fmp4' as const }
  const [full, open] = [newId('take'), newId('take')]
  await db.insert(takes).values([
    { ...take, id: newId('take'), closedAt: daysAgo(31) },
    { ...take, id: full, closedAt: daysAgo(31) },
    { ...take, id: open },
  ])
  await db.insert(mediaSegments).values({ takeId: full, seq: 0, streamId, startsAt: daysAgo(60), durationMs: 1 })
  const { recordings: forgotten, clips: cut, takes: empty } = await cleanUp(db)
  assert.deepEqual([forgotten, cut, empty], [1, 1, 1])
  assert.deepEqual((await db.select().from(recordings)).map(({ id }) => id).toSorted(), kept.toSorted())
  assert.deepEqual((await db.select().from(takes)).map(({ id }) => id).toSorted(), [full, open].toSorted())
  await client.end({ timeout: 1 })
})
