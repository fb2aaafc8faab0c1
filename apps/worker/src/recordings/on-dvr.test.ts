import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'node:test'

import { admissionHookSchema } from '@millrace/contracts'
import type { Scope } from '@millrace/core'
import { jobs, vhosts } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { eq } from 'drizzle-orm'

import { testScope } from '../../../../test/support/scope.ts'
import { cut, encode, START_MS, TestArchive } from './archive.test-support.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

/** A backend that answers one after the other. */
async function backend(scope: Scope, answers: string[]): Promise<{ url: string; calls: Record<string, string>[] }> {
  const calls: Record<string, string>[] = []
  const server = http.createServer((request, response) => {
    void text(request).then((body) => {
      calls.push(JSON.parse(body) as Record<string, string>)
      response.end(answers.shift() ?? '0')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  scope.defer(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dvr`, calls }
}

test('a backend of SRS is told of a finished file, until it says yes', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const { db } = archive.tenant
  const { url, calls } = await backend(scope, ['1', '{"code": 0}'])
  const admissionHook = admissionHookSchema.parse({ url })
  await db.update(vhosts).set({ callbackFormat: 'srs', admissionHook })
  const id = await archive.recording({ format: 'flv', path: '[app]/[stream].[timestamp].flv' })
  await archive.take(id, cut(await encode(scope, { audio: 'aac', seconds: 2 }), 1000))
  await archive.do('recording.finish', { type: 'recording', id })
  const told = async () => (await db.select().from(jobs).where(eq(jobs.type, 'recording.on_dvr')))[0]!
  const { id: job } = await told()
  await archive.run(job)
  assert.deepEqual([(await told()).status, (await told()).errorCode], ['queued', 'ON_DVR_REFUSED'])
  await db.update(jobs).set({ runAt: null }).where(eq(jobs.id, job))
  await archive.run(job)
  assert.equal((await told()).status, 'succeeded')
  assert.equal(calls.length, 2)
  const { client_id: client, ...call } = calls[1]!
  assert.match(client!, /^ses_/)
  assert.deepEqual(call, {
    server_id: 'node_1',
    action: 'on_dvr',
    ip: '192.0.2.7',
    vhost: 'tv.example.com',
    app: 'live',
    stream: 'news',
    param: '',
    cwd: `${archive.directory}/p`,
    file: `./files/live/news.${START_MS}.flv`,
  })
})

test('nobody is told of recordings of other vhosts', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const id = await archive.recording({ format: 'fmp4' })
  await archive.take(id, cut(await encode(scope, { audio: 'aac', seconds: 2 }), 1000))
  await archive.do('recording.finish', { type: 'recording', id })
  assert.equal(await archive.tenant.db.$count(jobs, eq(jobs.type, 'recording.on_dvr')), 0)
})
