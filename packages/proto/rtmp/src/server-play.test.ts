import assert from 'node:assert/strict'
import test from 'node:test'

import { command, ScriptedClient } from './testing.ts'

test('play: accepted, it starts as with SRS', () => {
  const client = new ScriptedClient()
  client.session.acceptPlay(client.play())
  assert.deepEqual(client.drain().replies(), [
    'control 0 1',
    'onStatus 0 NetStream.Play.Reset',
    'onStatus 0 NetStream.Play.Start',
    'data |RtmpSampleAccess',
    'data onStatus',
  ])
})

test('play: start and duration are in the request', () => {
  assert.deepEqual([new ScriptedClient().play().start, new ScriptedClient().play().durationMs], [-2, null])
  const request = new ScriptedClient().play(-1, 5000)
  assert.deepEqual([request.start, request.durationMs, request.vhost], [-1, 5000, 'v'])
  assert.equal(new ScriptedClient().play(-2, -1).durationMs, null)
})

test('play: another chunk size is told before the start', () => {
  const client = new ScriptedClient()
  client.session.acceptPlay(client.play(), { chunkSize: 5000 })
  assert.equal(client.session.chunkSize, 5000)
  assert.equal(client.drain().replies().length, 5)
})

test('play: pause, receiveAudio, receiveVideo and closeStream', () => {
  const client = new ScriptedClient().playing()
  client.send(command('pause', 0, null, true, 5), command('pause', 0, null, false, 5))
  assert.deepEqual(client.replies(), [
    'onStatus 0 NetStream.Pause.Notify',
    'control 1 1',
    'onStatus 0 NetStream.Unpause.Notify',
    'control 0 1',
  ])
  client.send(command('receiveAudio', 0, null, false), command('receiveVideo', 7, null, true))
  client.send(command('closeStream', 0, null))
  assert.deepEqual(client.replies(), ['_result 7 undefined'])
  assert.deepEqual(client.events, [
    { type: 'pause', paused: true },
    { type: 'pause', paused: false },
    { type: 'receive', kind: 'audio', enabled: false },
    { type: 'receive', kind: 'video', enabled: true },
    { type: 'stop-play' },
  ])
})

test('play: another play ends the one before', () => {
  const client = new ScriptedClient().playing().send(command('play', 0, null, 'other'))
  assert.deepEqual(
    client.events.map(({ type }) => type),
    ['stop-play', 'play'],
  )
})

test('the owner may tell a player how its stream does', () => {
  const client = new ScriptedClient().playing()
  client.session.streamEof()
  client.session.completePlay()
  assert.deepEqual(client.drain().replies(), ['control 1 1', 'onStatus 0 NetStream.Play.Stop', 'control 1 1'])
})

test('play: a redirect names the other server in the form of SRS, then the session closes', () => {
  const client = new ScriptedClient()
  client.play()
  client.session.redirect('rtmp://h:1936/live/s?token=a/b')
  assert.deepEqual(client.drain().replies(), ['onStatus 0 error NetConnection.Connect.Rejected'])
  assert.equal(client.closed?.code, 'RTMP_REDIRECTED')
})
