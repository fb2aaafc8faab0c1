import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { sql } from 'drizzle-orm'

import { cleanUp } from './clean-up.ts'
import { connect, openDb, transaction } from './connect.ts'
import { newId } from './ids.ts'
import { appendEvent } from './outbox.ts'
import { deliveries, events, jobs, outbox, projects, webhookEndpoints } from './schema.ts'
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
  assert.deepEqual(await cleanUp(db), {
    events: 2,
    expiredDeliveries: 2,
    jobs: 1,
    idempotencyKeys: 0,
    hookAnswers: 0,
    expiredCommands: 0,
    commands: 0,
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
    expiredCommands: 0,
    commands: 0,
  })
  await client.end({ timeout: 1 })
})
