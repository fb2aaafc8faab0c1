import assert from 'node:assert/strict'
import test from 'node:test'

import type { EventType } from '@millrace/contracts'
import { newId, type events } from '@millrace/db'

import { wants } from './redeliver.ts'

const projectId = newId('project')
const event = (type: EventType, subjectId = newId('recording')) =>
  ({ projectId, type, subjectType: 'recording', subjectId }) as typeof events.$inferSelect
const endpoint = (eventTypes: EventType[] | null) => ({ id: newId('webhookEndpoint'), projectId, eventTypes })

test('an endpoint for all types gets those of which there are many only when it names them', () => {
  assert.ok(wants(endpoint(null), event('recording.ready')))
  assert.ok(!wants(endpoint(null), event('recording.segment')))
  assert.ok(wants(endpoint(['recording.segment']), event('recording.segment')))
  assert.ok(!wants(endpoint(['recording.segment']), event('recording.ready')))
})

test('an endpoint gets nothing of another project', () => {
  assert.ok(!wants({ ...endpoint(null), projectId: newId('project') }, event('recording.ready')))
})
