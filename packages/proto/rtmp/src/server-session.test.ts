import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { CodedError } from '@millrace/core'
import { mutations, onlyCoded, Random, splits } from '@millrace/testkit'

import { encodeMessage } from './chunk-writer.ts'
import { writeCommand } from './command.ts'
import { writeData } from './data.ts'
import { MESSAGE_TYPE } from './message.ts'
import { acknowledgement, windowAckSize } from './protocol-control.ts'
import type { RtmpServerEvent } from './server-events.ts'
import { RtmpServerSession } from './server-session.ts'
import { command, HANDSHAKE, media, outputs, ScriptedClient } from './testing.ts'
import { userControl } from './user-control.ts'

/** The code of what `tick` throws at `nowMs`. */
function tickAt(client: ScriptedClient, nowMs: number): string | undefined {
  client.nowMs = nowMs
  const code = onlyCoded(() => client.session.tick(nowMs))?.code
  client.drain()
  return code
}

test('connect is answered in the order that clients expect', () => {
  const client = new ScriptedClient().send(HANDSHAKE, command('connect', 1, { tcUrl: 'rtmp://h/live' }))
  assert.deepEqual(client.replies(), [
    'type 5 2500000',
    'type 6 2500000',
    '_result 1 NetConnection.Connect.Success',
    'onBWDone 0 undefined',
  ])
})

test('chunk size, which the reader obeys itself, is told before the result', () => {
  const session = new RtmpServerSession({ nowMs: 0, chunkSize: 4000 })
  session.receive(concatBytes([HANDSHAKE, command('connect', 1, { tcUrl: 'rtmp://h/live' })]), 0)
  const [sent] = outputs(session)
  assert.ok(sent?.type === 'send')
  const told = Buffer.from(sent.data).indexOf(Buffer.from('0200000000000401000000000000' + '0fa0', 'hex'))
  assert.ok(told > 0 && told < Buffer.from(sent.data).indexOf('_result'))
  assert.equal(session.chunkSize, 4000)
})

test('media of somebody who did not publish is nothing', () => {
  assert.deepEqual(new ScriptedClient().connect().send(media(9, 1, [1])).events, [])
  assert.deepEqual(new ScriptedClient().playing().send(media(9, 1, [1])).events, [])
})

test('unknown calls are answered if they want an answer', () => {
  const client = new ScriptedClient().connect().send(command('_checkbw', 7, null), command('seek', 0, null, 5))
  client.send(command('getStreamLength', 8, null, 's'))
  assert.deepEqual(client.replies(), ['_result 7 undefined', '_result 8 0'])
})

test('AMF3 commands are understood', () => {
  const client = new ScriptedClient().send(HANDSHAKE)
  const payload = concatBytes([Uint8Array.of(0), writeCommand(0, 'connect', 1, [{ tcUrl: 'rtmp://h/live' }]).payload])
  client.send(encodeMessage({ typeId: MESSAGE_TYPE.commandAmf3, streamId: 0, timestampMs: 0, payload }, 3, 128))
  assert.equal(client.replies()[2], '_result 1 NetConnection.Connect.Success')
})

test('pings are answered, received bytes acknowledged at half the window', () => {
  const client = new ScriptedClient().publishing()
  client.send(encodeMessage(userControl(6, 77), 2, 128))
  assert.deepEqual(client.replies(), ['control 7 77'])
  client.send(encodeMessage(windowAckSize(2000), 2, 128))
  client.replies()
  client.send(
    media(
      9,
      1,
      Array.from({ length: 500 }, () => 0),
    ),
  )
  assert.deepEqual(client.replies(), [])
  client.send(
    media(
      9,
      1,
      Array.from({ length: 500 }, () => 0),
    ),
    encodeMessage(acknowledgement(5), 2, 128),
  )
  assert.match(client.replies()[0] ?? '', /^type 3 \d+$/)
})

test('errors of the client are coded', () => {
  const code = (...parts: Uint8Array[]): string | undefined =>
    onlyCoded(() => new ScriptedClient().send(...parts))?.code
  assert.equal(code(Uint8Array.of(71)), 'RTMP_VERSION')
  assert.equal(code(HANDSHAKE, command('createStream', 1, null)), 'RTMP_NOT_CONNECTED')
  assert.equal(code(HANDSHAKE, command('connect', 1, {})), 'RTMP_NO_TARGET')
  assert.equal(code(HANDSHAKE, media(20, 0, [1, 2])), 'RTMP_COMMAND')
})

test('a client that asks for nothing is given up, however slowly it goes', () => {
  const slow = new ScriptedClient()
  assert.equal(slow.session.deadlineMs, 31_000)
  slow.nowMs = 30_000
  slow.send(HANDSHAKE.subarray(0, 100))
  assert.equal(tickAt(slow, 30_999), undefined)
  assert.equal(tickAt(slow, 31_000), 'RTMP_REQUEST_TIMEOUT')
  assert.equal(tickAt(new ScriptedClient({ requestTimeoutMs: 5 }).connect(), 1005), 'RTMP_REQUEST_TIMEOUT')
})

test('a request waits for its answer without a deadline', () => {
  const client = new ScriptedClient()
  client.publish()
  assert.equal(client.session.deadlineMs, undefined)
})

test('a publisher that falls silent is given up', () => {
  const client = new ScriptedClient().publishing()
  assert.equal(client.session.deadlineMs, 21_000)
  client.send(media(9, 1, [1]))
  assert.equal(tickAt(client, 21_000), undefined)
  assert.equal(client.session.deadlineMs, 26_000)
  client.send(media(9, 1, [1]))
  assert.equal(tickAt(client, 26_000), undefined)
  assert.equal(tickAt(client, 31_000), 'RTMP_PUBLISH_TIMEOUT')
  assert.equal(tickAt(new ScriptedClient().publishing(), 21_000), 'RTMP_PUBLISH_TIMEOUT')
})

test('a publish may be given other times than the session', () => {
  const client = new ScriptedClient()
  client.session.acceptPublish(client.publish(), { firstMediaTimeoutMs: 300, publishTimeoutMs: 200 })
  assert.equal(client.session.deadlineMs, 1300)
  client.send(media(9, 1, [1]))
  assert.equal(tickAt(client, 1300), undefined)
  assert.equal(tickAt(client, 1500), 'RTMP_PUBLISH_TIMEOUT')
})

test('after an unpublish there is time for another request', () => {
  const client = new ScriptedClient().publishing().send(command('deleteStream', 0, null, 1))
  assert.equal(tickAt(client, 180_999), undefined)
  assert.equal(tickAt(client, 181_000), 'RTMP_REQUEST_TIMEOUT')
})

test('players wait for ever, unless they are pinged and dead', () => {
  assert.equal(new ScriptedClient().playing().session.deadlineMs, undefined)
  const client = new ScriptedClient({ pingIntervalMs: 10_000 })
  client.session.acceptPlay(client.play())
  assert.equal(client.drain().replies().at(-1), 'control 6 1000')
  client.send(encodeMessage(userControl(7, 1000), 2, 128))
  assert.equal(tickAt(client, 11_000), undefined)
  assert.deepEqual(client.replies(), ['control 6 11000'])
  assert.equal(tickAt(client, 21_000), 'RTMP_PING_TIMEOUT')
})

test('outputs after the close are none', () => {
  const client = new ScriptedClient().playing()
  client.session.close(null)
  client.session.close(new CodedError('X', 'too late'))
  client.session.streamEof()
  client.drain()
  assert.equal(client.closed, null)
  assert.deepEqual(client.replies(), [])
})

/** Everything a publisher says from the handshake to the end. */
const CONVERSATION = concatBytes([
  HANDSHAKE,
  command('connect', 1, { tcUrl: 'rtmp://h/live', fourCcList: ['hvc1'] }),
  command('FCPublish', 2, null, 's'),
  command('createStream', 3, null),
  command('publish', 4, null, 's?key=k', 'live'),
  encodeMessage(writeData(1, ['@setDataFrame', 'onMetaData', { width: 640, list: [1, 'x'] }]), 5, 128),
  media(
    9,
    0,
    Array.from({ length: 400 }, (_, i) => i & 0xff),
  ),
  media(8, 20, [0xaf, 1, 2]),
  command('FCUnpublish', 5, null, 's'),
  command('deleteStream', 6, null, 1),
])

/** Lets a session accept everything; events and code of the error, if any. */
function converse(parts: readonly Uint8Array[]): [RtmpServerEvent[], string | undefined] {
  const client = new ScriptedClient()
  const code = onlyCoded(() => {
    for (const part of parts) {
      client.session.receive(part, 1000)
      for (const output of outputs(client.session)) {
        if (output.type !== 'event') continue
        client.events.push(output.event)
        if (output.event.type === 'publish') client.session.acceptPublish(output.event.request)
        if (output.event.type === 'play') client.session.acceptPlay(output.event.request)
      }
    }
  })?.code
  return [client.events, code]
}

test('a whole conversation gives the same events, however it is cut', () => {
  const bytewise = converse(Array.from(CONVERSATION, (byte) => Uint8Array.of(byte)))
  assert.deepEqual(
    bytewise[0].map(({ type }) => type),
    ['publish', 'metadata', 'media', 'media', 'unpublish'],
  )
  // cuts behind `publish`, where the accept comes in between, make no difference; a single piece withdraws it unanswered
  const publishEnd = CONVERSATION.length - 700
  for (const parts of splits(CONVERSATION.subarray(0, publishEnd), 10)) {
    const rest = Array.from(CONVERSATION.subarray(publishEnd), (byte) => Uint8Array.of(byte))
    assert.deepEqual(converse([...parts, ...rest]), bytewise)
  }
})

test('mutated conversations: only coded errors', () => {
  const bytes = CONVERSATION.subarray(HANDSHAKE.length)
  for (const bad of mutations(bytes, 1500)) converse([HANDSHAKE, bad.subarray(0, 200), bad.subarray(200)])
})

test('garbage behind publish ends the session with a coded error', () => {
  const random = new Random(5)
  for (let i = 0; i < 50; i++) {
    const client = new ScriptedClient().publishing()
    onlyCoded(() => client.send(random.bytes(100_000)))
  }
})
