import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { asc, eq } from 'drizzle-orm'

import {
  appendEvent,
  brokenConstraint,
  connect,
  dbErrorCode,
  type Db,
  events,
  isUnavailable,
  newId,
  openDb,
  outbox,
  OUTBOX_CHANNEL,
  projects,
  type Sql,
  transaction,
} from './index.ts'
import { startTestPostgres, type TestPostgres } from './testing.ts'

let pg: TestPostgres
let sql: Sql
let db: Db
const projectId = newId('project')
before(async () => {
  pg = await startTestPostgres()
  sql = connect(await pg.createDatabase(), { maxConnections: 8 })
  db = openDb(sql)
  await db.insert(projects).values({ id: projectId, name: 'default' })
})
after(async () => {
  await sql.end({ timeout: 1 })
  await pg.close()
})

const ping = (id: string, message: string) =>
  ({ projectId, type: 'test.ping', subject: { type: 'stream', id }, data: { message } }) as const

test('ids made one after the other sort in this order', () => {
  const made: string[] = []
  for (let i = 0; i < 2000; i++) {
    made.push(newId('event'))
    const until = performance.now() + 0.002
    while (performance.now() < until) continue
  }
  assert.deepEqual(made, made.toSorted())
  assert.equal(new Set(made).size, made.length)
})

test('seq grows per subject without gaps under concurrent transactions', async () => {
  const one = newId('stream')
  const two = newId('stream')
  await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      transaction(db, (tx) => appendEvent(tx, ping(i % 3 === 0 ? two : one, `${i}`))),
    ),
  )
  for (const [subject, count] of [
    [one, 20],
    [two, 10],
  ] as const) {
    const rows = await db.select().from(events).where(eq(events.subjectId, subject)).orderBy(asc(events.seq))
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: count }, (_, i) => i + 1),
    )
  }
})

test('a transaction that fails leaves no event, no outbox row and no gap', async () => {
  const subject = newId('stream')
  const failure = new TypeError('after the event')
  await assert.rejects(
    transaction(db, async (tx) => {
      await appendEvent(tx, ping(subject, 'lost'))
      throw failure
    }),
    failure,
  )
  const row = await transaction(db, (tx) => appendEvent(tx, ping(subject, 'kept')))
  assert.equal(row.seq, 1)
  const rows = await db.select().from(outbox).innerJoin(events, eq(outbox.eventId, events.id))
  assert.deepEqual(
    rows.filter(({ events: { subjectId } }) => subjectId === subject).map(({ events: { data } }) => data),
    [{ message: 'kept' }],
  )
})

test('a listener is told when the transaction commits', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const listening = await sql.listen(OUTBOX_CHANNEL, () => resolve())
  await transaction(db, (tx) => appendEvent(tx, ping(newId('stream'), 'hello')))
  await promise
  await listening.unlisten()
})

test('a broken constraint is told by name, a lost database as unavailable, and the pool recovers by itself', async () => {
  const duplicate = await db
    .insert(projects)
    .values({ id: newId('project'), name: 'default' })
    .catch((error: unknown) => error)
  assert.equal(dbErrorCode(duplicate), '23505')
  assert.equal(brokenConstraint(duplicate), 'projects_name_unique')
  assert.ok(!isUnavailable(duplicate))
  await pg.restart(async () => {
    const lost = await db
      .select()
      .from(projects)
      .catch((error: unknown) => error)
    assert.ok(isUnavailable(lost), String(lost))
  })
  const rows = await db.select().from(projects)
  assert.equal(rows.length, 1)
})
