import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { deliveries, deliveryAttempts, events, newId, outbox, webhookEndpoints } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const makeEndpoint = async (body: Record<string, unknown> = {}) =>
  (await control.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://example.com/hook', ...body } })).body

test('an endpoint shows its secret once, and the database holds it sealed', async () => {
  const endpoint = await makeEndpoint({ event_types: ['stream.live'], description: 'mine' })
  assert.match(endpoint.secret, /^whsec_/)
  const { body, headers } = await control.call('GET', `/v1/webhook-endpoints/${endpoint.id}`)
  assert.equal(body.secret, undefined)
  assert.equal(headers.get('etag'), '"1"')
  const [row] = await control.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, endpoint.id))
  assert.ok(!JSON.stringify(row).includes(endpoint.secret.slice(6)))
  assert.ok(
    (await control.call('GET', '/v1/webhook-endpoints')).body.data.some(({ id }: { id: string }) => id === endpoint.id),
  )
})

test('turning an endpoint on again forgets why the system turned it off', async () => {
  const { id } = await makeEndpoint()
  await control.db
    .update(webhookEndpoints)
    .set({ enabled: false, disabledReason: 'gone (410)' })
    .where(eq(webhookEndpoints.id, id))
  const path = `/v1/webhook-endpoints/${id}`
  assert.equal((await control.call('POST', `${path}:test`)).body.code, 'WEBHOOK_ENDPOINT_DISABLED')
  assert.equal((await control.call('PATCH', path, { body: { description: 'x' } })).body.disabled_reason, 'gone (410)')
  const { body } = await control.call('PATCH', path, { body: { enabled: true } })
  assert.deepEqual([body.enabled, body.disabled_reason], [true, null])
  const bad = await control.call('PATCH', path, { body: { url: null } })
  assert.equal(bad.body.errors[0].pointer, '/url')
})

test(':test writes a test.ping for that endpoint alone into the outbox', async () => {
  const { id } = await makeEndpoint()
  const { status, body } = await control.call('POST', `/v1/webhook-endpoints/${id}:test`)
  assert.equal(status, 202)
  const [row] = await control.db.select().from(outbox).where(eq(outbox.eventId, body.event_id))
  assert.deepEqual([row!.kind, row!.endpointId], ['event', id])
  const { body: event } = await control.call('GET', `/v1/events/${body.event_id}`)
  assert.deepEqual([event.type, event.subject, event.seq], ['test.ping', { type: 'webhook_endpoint', id }, 1])
})

test('deliveries are listed, read with their log, and tried again', async () => {
  const { id: endpointId } = await makeEndpoint()
  const { body: tested } = await control.call('POST', `/v1/webhook-endpoints/${endpointId}:test`)
  const [event] = await control.db.select().from(events).where(eq(events.id, tested.event_id))
  const id = newId('delivery')
  await control.db.insert(deliveries).values({
    id,
    projectId: event!.projectId,
    endpointId,
    eventId: event!.id,
    subjectType: event!.subjectType,
    subjectId: event!.subjectId,
    seq: event!.seq,
    status: 'failed',
    attempts: 1,
    lastStatusCode: 500,
    completedAt: new Date(),
  })
  const attempt = { deliveryId: id, attempt: 1, at: new Date(), durationMs: 12, statusCode: 500, answerExcerpt: 'oops' }
  await control.db.insert(deliveryAttempts).values(attempt)
  const list = await control.call('GET', `/v1/webhook-endpoints/${endpointId}/deliveries?status=failed`)
  assert.deepEqual(
    list.body.data.map((row: { id: string; event_type: string }) => [row.id, row.event_type]),
    [[id, 'test.ping']],
  )
  assert.equal(
    (await control.call('GET', `/v1/webhook-endpoints/${endpointId}/deliveries?status=pending`)).body.data.length,
    0,
  )
  assert.equal((await control.call('GET', `/v1/deliveries/${id}`)).body.log[0].answer_excerpt, 'oops')
  const retried = await control.call('POST', `/v1/deliveries/${id}:retry`)
  assert.deepEqual([retried.status, retried.body.status, retried.body.completed_at], [202, 'pending', null])
  const rows = await control.db.select().from(outbox).where(eq(outbox.deliveryId, id))
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ['retry'],
  )
  await control.call('DELETE', `/v1/webhook-endpoints/${endpointId}`)
  assert.equal((await control.call('GET', `/v1/deliveries/${id}`)).body.code, 'DELIVERY_NOT_FOUND')
})

test('events are listed both ways, and found by type, subject and session', async () => {
  const { id } = await makeEndpoint()
  const made: string[] = []
  for (let i = 0; i < 3; i++) made.push((await control.call('POST', `/v1/webhook-endpoints/${id}:test`)).body.event_id)
  const list = async (query: string) =>
    (await control.call('GET', `/v1/events?subject_id=${id}&${query}`)).body.data.map(
      (event: { id: string }) => event.id,
    )
  assert.deepEqual(await list('order=asc'), made)
  assert.deepEqual(await list(''), made.toReversed())
  assert.deepEqual(await list(`order=asc&after=${made[0]}&limit=1`), [made[1]])
  assert.deepEqual(await list('type=test.ping&limit=1'), [made[2]])
  assert.deepEqual(await list('type=stream.live'), [])
  assert.deepEqual(await list(`session_id=${newId('session')}`), [])
  assert.equal((await control.call('GET', '/v1/events?type=nothing')).status, 422)
})
