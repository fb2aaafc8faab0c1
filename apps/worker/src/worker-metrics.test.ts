import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import { startTestPostgres } from '@millrace/db/testing'
import { WORKER_METRICS } from '@millrace/telemetry'

import { eventually } from '../../../test/support/eventually.ts'
import { testScope } from '../../../test/support/scope.ts'
import { Receiver } from '../../../test/support/webhook-receiver.ts'
import { readConfig } from './config.ts'
import { Tenant } from './tenant.test-support.ts'
import { startWorker } from './worker.ts'

test('/metrics tells what waits, and what became of attempts', async (t) => {
  const scope = testScope(t)
  const postgres = await startTestPostgres()
  scope.defer(() => postgres.close())
  const receiver = await Receiver.start(scope)
  const tenant = await Tenant.create(scope, await postgres.createDatabase())
  await tenant.endpoint(receiver)
  let posts = 0
  receiver.answer = () => (++posts === 1 ? 500 : 204)
  const config = readConfig({
    DATABASE_URL: tenant.databaseUrl,
    MILLRACE_SECRET: tenant.rootSecret,
    MILLRACE_WEBHOOK_ALLOW: '127.0.0.0/8',
    MILLRACE_WEBHOOK_SCHEDULE: '0,0.05,0.05',
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_WORKER_PORT: '0',
    MILLRACE_METRICS_TOKEN: 'token-of-the-scraper',
  })
  const port = await startWorker(scope, config, silentLogger)
  assert.ok(port)
  const scrape = (authorization: string) => fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization } })
  for (const wrong of ['', 'Bearer token', 'Basic token-of-the-scraper'])
    assert.equal((await scrape(wrong)).status, 401)
  await tenant.emit('str_a', 2)
  const text = await eventually('three attempts are counted', async () => {
    const answer = await (await scrape('Bearer token-of-the-scraper')).text()
    return answer.includes('millrace_worker_delivery_latency_seconds_count 2') && answer
  })
  assert.match(text, /^millrace_worker_delivery_attempts_total\{result="retried"\} 1$/m)
  assert.match(text, /^millrace_worker_delivery_attempts_total\{result="succeeded"\} 2$/m)
  assert.match(text, /^millrace_worker_delivery_attempt_duration_seconds_count 3$/m)
  assert.match(text, /^millrace_worker_outbox_rows 0$/m)
  assert.match(text, /^millrace_worker_outbox_lag_seconds 0$/m)
  assert.match(text, /^millrace_worker_deliveries_due 0$/m)
  const names = [...text.matchAll(/^# TYPE (millrace_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  const table = Object.values(WORKER_METRICS).map(({ name, type }) => `${name} ${type}`)
  assert.deepEqual(names.toSorted(), table.toSorted())
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404)
})
