import assert from 'node:assert/strict'
import test from 'node:test'

import { streamVariables, substitute, timeVariables } from './variables.ts'

test('names in brackets are replaced once, unknown ones stay', () => {
  const text = substitute('./[app]/[stream]-[seq].[app].ts', { app: '[stream]', stream: 'x' })
  assert.equal(text, './[stream]/x-[seq].[stream].ts')
})

test('times are written as in SRS', () => {
  const variables = timeVariables(Date.UTC(2026, 2, 4, 5, 6, 7, 8), true)
  const text = substitute('[2006]-[01]-[02] [15]:[04]:[05].[999] [timestamp]', variables)
  assert.equal(text, `2026-03-04 05:06:07.008 ${Date.UTC(2026, 2, 4, 5, 6, 7, 8)}`)
})

test('times are those of the time zone, unless in UTC', () => {
  const wallMs = new Date(2026, 6, 1, 23, 30).getTime()
  assert.equal(substitute('[02] [15]', timeVariables(wallMs, false)), '01 23')
})

test('names of streams never lead out of a folder', () => {
  assert.deepEqual(streamVariables({ vhost: '..', app: '../../etc', name: 'a/../b' }), {
    vhost: '__',
    app: '______etc',
    stream: 'a____b',
  })
  assert.deepEqual(streamVariables({ vhost: 'v.example', app: 'a/b', name: 'c.d' }), {
    vhost: 'v.example',
    app: 'a/b',
    stream: 'c.d',
  })
})
