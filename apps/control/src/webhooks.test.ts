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

test('the circuit breaker is seen in the endpoint, and a change of the URL closes it', async () => {
  const { id, circuit } = await makeEndpoint()
  assert.equal(circuit, 'closed')
  const path = `/v1/webhook-endpoints/${id}`
  const until = new Date(control.now().getTime() + 60_000)
  await control.db
    .update(webhookEndpoints)
    .set({ failures: 12, circuitOpens: 2, circuitUntil: until })
    .where(eq(webhookEndpoints.id, id))
  const seen = async () => {
    const { body } = await control.call('GET', path)
    return [body.circuit, body.circuit_open_until, body.consecutive_failures]
  }
  assert.deepEqual(await seen(), ['open', until.toISOString(), 12])
  control.advance(61_000)
  assert.deepEqual(await seen(), ['half_open', null, 12])
  await control.call('PATCH', path, { body: { description: 'x' } })
  assert.equal((await seen())[0], 'half_open')
  await control.call('PATCH', path, { body: { url: 'https://example.com/other' } })
  assert.deepEqual(await seen(), ['closed', null, 0])
})

test('a new secret takes an If-Match, and leaves its mark in the ETag', async () => {
  const { id, secret } = await makeEndpoint()
  const path = `/v1/webhook-endpoints/${id}:rotate-secret`
  const rotated = await control.call('POST', path, { headers: { 'if-match': '"1"' } })
  assert.equal(rotated.headers.get('etag'), '"2"')
  assert.notEqual(rotated.body.secret, secret)
  assert.equal((await control.call('POST', path, { headers: { 'if-match': '"1"' } })).body.code, 'VERSION_CONFLICT')
  assert.equal((await control.call('POST', path, { body: { overlap_s: -1 } })).body.errors[0].pointer, '/overlap_s')
})

test('an event is sent again to every endpoint that takes it, or to one, under the delivery that there was', async () => {
  const mine = await control.project('redeliver')
  const token = await control.token(['webhooks:write', 'events:read'], mine)
  const make = async (body: object) =>
    (await control.call('POST', '/v1/webhook-endpoints', { token, body: { url: 'https://example.com/hook', ...body } }))
      .body
  const [all, live, off] = [
    await make({}),
    await make({ event_types: ['stream.live'] }),
    await make({ enabled: false }),
  ]
  const [event] = await control.db
    .insert(events)
    .values({
      id: newId('event'),
      projectId: mine,
      type: 'test.ping',
      subjectType: 'stream',
      subjectId: newId('stream'),
      seq: 1,
      data: { message: 'x' },
      timestamp: control.now(),
    })
    .returning()
  const redeliver = (body?: object) => control.call('POST', `/v1/events/${event!.id}:redeliver`, { token, body })
  const first = await redeliver()
  assert.equal(first.status, 202)
  assert.deepEqual(
    first.body.data.map((row: { endpoint_id: string; status: string }) => [row.endpoint_id, row.status]),
    [[all.id, 'pending']],
  )
  const { id } = first.body.data[0]
  await control.db.update(deliveries).set({ status: 'failed', attempts: 11 }).where(eq(deliveries.id, id))
  const again = await redeliver({ endpoint_id: all.id })
  assert.deepEqual([again.body.data[0].id, again.body.data[0].status], [id, 'pending'])
  const [row] = await control.db.select().from(deliveries).where(eq(deliveries.id, id))
  assert.equal(row!.earlierAttempts, 11)
  assert.equal((await redeliver({ endpoint_id: live.id })).body.data[0].endpoint_id, live.id)
  assert.equal((await redeliver({ endpoint_id: off.id })).body.code, 'WEBHOOK_ENDPOINT_DISABLED')
  const others = await makeEndpoint()
  assert.equal((await redeliver({ endpoint_id: others.id })).body.code, 'WEBHOOK_ENDPOINT_NOT_FOUND')
  assert.equal((await control.call('POST', `/v1/events/${event!.id}:redeliver`)).body.code, 'EVENT_NOT_FOUND')

  const list = async (query: string) =>
    (await control.call('GET', `/v1/webhook-endpoints/${all.id}/deliveries?${query}`, { token })).body.data.length
  const now = encodeURIComponent(new Date(Date.now() + 60_000).toISOString())
  assert.equal(await list(`event_type=test.ping&event_id=${event!.id}&subject_id=${event!.subjectId}&to=${now}`), 1)
  assert.equal(await list('event_type=stream.live'), 0)
  assert.equal(await list(`from=${now}`), 0)
  assert.equal(await list('status=failed'), 0)
})

test('a time range is redelivered by a job, which only its tenant sees', async () => {
  const { id } = await makeEndpoint()
  const path = `/v1/webhook-endpoints/${id}:redeliver`
  const from = '2026-01-01T00:00:00Z'
  const wrong = await control.call('POST', path, { body: { from, to: from } })
  assert.equal(wrong.body.errors[0].pointer, '/to')
  const { status, body: job } = await control.call('POST', path, { body: { from, to: '2026-01-02T00:00:00Z' } })
  assert.equal(status, 202)
  assert.deepEqual([job.type, job.subject.id, job.status, job.done], ['webhook_endpoint.redeliver', id, 'queued', 0])
  assert.deepEqual((await control.call('GET', `/v1/jobs/${job.id}`)).body, job)
  const stranger = await control.token(['events:read'], await control.project('stranger'))
  assert.equal((await control.call('GET', `/v1/jobs/${job.id}`, { token: stranger })).body.code, 'JOB_NOT_FOUND')
})
