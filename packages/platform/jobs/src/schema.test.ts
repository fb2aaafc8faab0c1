import assert from 'node:assert/strict'
import test from 'node:test'

import { startTestPostgres } from '@millrace/db/testing'
import pg from 'pg'

import { testScope } from '../../../../test/support/scope.ts'
import { openQueues, prepareQueues } from './index.ts'

test('the role of the queues can use them, whoever made them, and nothing else of the database', async (t) => {
  const scope = testScope(t)
  const postgres = await startTestPostgres()
  scope.defer(() => postgres.close())
  const url = await postgres.createDatabase()
  const role = { name: 'millrace_queue', password: `it's "quoted"` }
  // as an installation has it whose queues are the database owner's
  const before = await openQueues(url)
  await before.add('pull', [{ id: 'old', data: { stream_id: 'old' } }])
  await before.close()
  await Promise.all([1, 2].map((n) => prepareQueues(url, { ...role, password: `an older one ${n}` })))
  const own = await prepareQueues(url, role)

  const queues = scope.use(await openQueues(own))
  const seen = Promise.withResolvers<string>()
  queues.consume('webhook-deliveries', async ({ id }) => (seen.resolve(id), { done: true }))
  await queues.add('webhook-deliveries', [{ id: 'a', data: { delivery_id: 'a' } }])
  assert.equal(await seen.promise, 'a')
  await queues.add('pull', [{ id: 'p', data: { stream_id: 'p' }, delayMs: 60_000 }])
  assert.deepEqual(
    (await queues.list('pull')).map(({ id }) => id),
    ['old', 'p'],
  )
  await queues.remove('pull', ['p'])
  await queues.clear('pull')

  const client = new pg.Client({ connectionString: own })
  await client.connect()
  scope.defer(() => client.end())
  const denied = { code: '42501' }
  for (const table of ['streams', 'stream_keys', 'signing_keys', 'push_targets', 'api_tokens', 'pg_authid']) {
    await assert.rejects(client.query(`select * from ${table}`), denied, table)
  }
  for (const command of [
    'create table public.t ()',
    'create schema millrace',
    'create schema s',
    'create role r superuser',
    'alter role millrace_queue superuser',
    'drop table streams',
    "copy (select 1) to program 'true'",
    "select pg_read_file('PG_VERSION')",
    'set role millrace',
  ]) {
    await assert.rejects(client.query(command), denied, command)
  }
})
