import assert from 'node:assert/strict'
import test from 'node:test'

import type { AmfObject, AmfValue } from '@millrace/amf'
import { onlyCoded, Random } from '@millrace/testkit'

import { encodeMessage } from './chunk-writer.ts'
import { readCommand, writeCommand } from './command.ts'
import { CHUNK_STREAM } from './message.ts'
import type { ConnectPolicy } from './server-options.ts'
import { command, HANDSHAKE, media, ScriptedClient } from './testing.ts'

const CONNECT = { app: 'live', tcUrl: 'rtmp://h/live?key=k' }

/** A client that is met so. */
function met(policy: ConnectPolicy, connect: AmfObject = CONNECT, unsentBytes = (): number => 0): ScriptedClient {
  const client = new ScriptedClient({ onConnect: () => policy, unsentBytes })
  return client.send(HANDSHAKE, command('connect', 1, connect))
}

test('connect: windows are those of the policy, and none is told when there is none', () => {
  assert.deepEqual(met({ windowBytes: 100_000 }).replies().slice(0, 2), ['type 5 100000', 'type 6 2500000'])
  assert.deepEqual(met({ windowBytes: 0 }).replies()[0], 'type 6 2500000')
})

test('connect: the client is acknowledged by the window of the policy until it tells its own', () => {
  const client = met({ acknowledgeBytes: 2000 })
  client.replies()
  const sent = client
    .send(
      media(
        9,
        0,
        Array.from({ length: 1200 }, () => 0),
      ),
    )
    .replies()
  assert.equal(sent.length, 1)
  assert.match(sent[0] ?? '', /^type 3 /)
})

test('connect: the server tells of itself in the answer', () => {
  let data: AmfValue | undefined
  const client = new ScriptedClient({ onConnect: () => ({ data: { srs_id: 'abc', srs_pid: 7 } }) })
  client.onReply = (message) => {
    if (message.typeId !== 20) return
    const { name, values } = readCommand(message)
    if (name === '_result') data = (values[1] as AmfObject)['data']
  }
  client.send(HANDSHAKE, command('connect', 1, CONNECT))
  assert.deepEqual(data, { srs_id: 'abc', srs_pid: 7 })
})

test('connect: a client that is refused is told why, and the session closes', () => {
  const client = met({ rejection: 'bandcheck rejected' })
  assert.equal(client.replies().at(-1), 'onStatus 0 error NetConnection.Connect.Rejected')
  assert.equal(client.closed?.code, 'RTMP_REJECTED')
})

const CHECK: ConnectPolicy = { bandwidthCheck: { limitKbps: 8000, sampleMs: 100 } }

/** Lets time pass in steps of 10 ms. */
function pass(client: ScriptedClient, ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    client.nowMs += 10
    client.session.tick(client.nowMs)
    client.drain()
  }
}

const names = (client: ScriptedClient): string[] => client.replies().map((reply) => reply.split(' ')[0] ?? '')

const publishing = (): Uint8Array =>
  encodeMessage(
    writeCommand(0, 'onSrsBandCheckPublishing', 0, [null, { 0: 'x'.repeat(9000) }]),
    CHUNK_STREAM.command,
    128,
  )

test('bandwidth: both ways are measured, within the limit, and the client is told', () => {
  const client = met(CHECK)
  assert.deepEqual(names(client).slice(-2), ['_result', 'onSrsBandCheckStartPlayBytes'])
  client.send(command('onSrsBandCheckStartingPlayBytes', 0, null))
  pass(client, 100)
  const played = names(client)
  assert.equal(played.at(-1), 'onSrsBandCheckStopPlayBytes')
  // 8 Mbit/s are 100 000 bytes in 100 ms
  const packets = played.filter((name) => name === 'onSrsBandCheckPlaying').length
  assert.ok(packets > 50 && packets < 80, String(packets))
  client.send(command('onSrsBandCheckStoppedPlayBytes', 0, null))
  assert.deepEqual(names(client), ['onSrsBandCheckStartPublishBytes'])
  client.send(command('onSrsBandCheckStartingPublishBytes', 0, null))
  client.send(publishing(), publishing())
  assert.equal(client.events.at(-1)?.type, 'hold-back')
  client.events.splice(0)
  pass(client, 100)
  assert.deepEqual(names(client), ['onSrsBandCheckStopPublishBytes'])
  client.send(publishing(), command('onSrsBandCheckStoppedPublishBytes', 0, null))
  assert.deepEqual(names(client), ['onSrsBandCheckFinished'])
  client.send(command('finalClientPacket', 0, null))
  const [over] = client.events
  assert.ok(over?.type === 'bandwidth')
  const { play, publish } = over.result
  assert.ok(play.kbps > 6000 && play.kbps <= 8200, String(play.kbps))
  assert.ok(publish.bytes > 18_000 && publish.bytes < 20_000 && publish.durationMs === 100)
  assert.equal(client.closed, null)
})

test('bandwidth: a Flash player is not waited for where it says nothing', () => {
  const client = met(CHECK, { ...CONNECT, swfUrl: 'http://h/a.swf' })
  client.send(command('onSrsBandCheckStartingPlayBytes', 0, null))
  pass(client, 100)
  client.send(command('onSrsBandCheckStoppedPlayBytes', 0, null))
  client.send(command('onSrsBandCheckStartingPublishBytes', 0, null))
  client.replies()
  pass(client, 100)
  assert.deepEqual(names(client), ['onSrsBandCheckStopPublishBytes', 'onSrsBandCheckFinished'])
  assert.equal(client.closed, null)
})

test('bandwidth: nothing more is sent to a client that takes nothing, and what it has not taken does not count', () => {
  let unsentBytes = 0
  const client = met(CHECK, CONNECT, () => unsentBytes)
  client.send(command('onSrsBandCheckStartingPlayBytes', 0, null))
  pass(client, 20)
  client.replies()
  unsentBytes = 1e9
  pass(client, 70)
  assert.deepEqual(client.replies(), [])
  pass(client, 10)
  assert.deepEqual(names(client), ['onSrsBandCheckStopPlayBytes'])
})

test('bandwidth: a client that does not answer is given up', () => {
  const client = met(CHECK)
  assert.equal(client.session.deadlineMs, client.nowMs + 200)
  client.nowMs += 200
  assert.equal(onlyCoded(() => client.session.tick(client.nowMs))?.code, 'RTMP_BANDWIDTH_TIMEOUT')
})

test('bandwidth: whatever a client says instead is nothing', () => {
  const random = new Random(7)
  for (let round = 0; round < 50; round++) {
    const client = met(CHECK)
    const junk = [...random.bytes(40)]
    onlyCoded(() => {
      client.send(command('publish', 5, null, 's', 'live'), command('play', 5, null, 's'))
      client.send(media(8 + random.int(15), 0, junk), media(20, 0, junk))
    })
    assert.deepEqual(client.events, [])
  }
})
