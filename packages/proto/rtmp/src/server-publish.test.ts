import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded } from '@millrace/testkit'

import { encodeMessage } from './chunk-writer.ts'
import { writeData } from './data.ts'
import { command, media, ScriptedClient } from './testing.ts'

test('FMLE and OBS: releaseStream, FCPublish, createStream, publish', () => {
  const client = new ScriptedClient().connect()
  client.send(command('releaseStream', 2, null, 's'), command('FCPublish', 3, null, 's'))
  client.send(command('createStream', 4, null), command('publish', 5, null, 's', 'live'))
  assert.deepEqual(client.replies(), ['_result 2 undefined', '_result 3 undefined', '_result 4 1'])
  const [event] = client.events
  assert.ok(event?.type === 'publish')
  client.session.acceptPublish(event.request)
  assert.deepEqual(client.drain().replies(), [
    'onFCPublish 0 NetStream.Publish.Start',
    'onStatus 0 NetStream.Publish.Start',
  ])
})

test('Flash: createStream and publish get onStatus alone', () => {
  const client = new ScriptedClient()
  client.session.acceptPublish(client.publish())
  assert.deepEqual(client.drain().replies(), ['onStatus 0 NetStream.Publish.Start'])
})

test('the request says who wants what', () => {
  const client = new ScriptedClient().connect({
    tcUrl: 'rtmp://demo.example:1936/live?token=a',
    pageUrl: 'https://page',
    flashVer: 'FMLE/3.0 (compatible; FMSc/1.0)',
    fourCcList: ['hvc1'],
  })
  client.send(command('publish', 5, null, 's?key=k', 'record'))
  const [event] = client.events
  assert.ok(event?.type === 'publish')
  assert.deepEqual(event.request, {
    type: 'publish',
    publishType: 'record',
    manner: 'flash',
    tcUrl: 'rtmp://demo.example:1936/live?token=a',
    scheme: 'rtmp',
    host: 'demo.example',
    port: 1936,
    vhost: null,
    app: 'live',
    stream: 's',
    params: { token: 'a', key: 'k' },
    rawParam: '?key=k',
    pageUrl: 'https://page',
    swfUrl: '',
    flashVer: 'FMLE/3.0 (compatible; FMSc/1.0)',
    encoder: 'FMSc/1.0',
    objectEncoding: 0,
    fourCcList: ['hvc1'],
    videoFourCcInfoMap: null,
    audioFourCcInfoMap: null,
    capsEx: null,
    args: null,
  })
})

test('the manner of publishing is told by what comes before', () => {
  const manner = (...names: string[]): string => {
    const client = new ScriptedClient().connect({ tcUrl: 'rtmp://h/live' })
    names.forEach((name, i) => client.send(command(name, i + 2, null, 's')))
    client.send(command('publish', 9, null, 's', 'live'))
    const [event] = client.events
    assert.ok(event?.type === 'publish')
    return event.request.manner
  }
  assert.equal(manner('createStream'), 'flash')
  assert.equal(manner('releaseStream', 'FCPublish', 'createStream'), 'fmle')
  assert.equal(manner('createStream', 'FCPublish'), 'haivision')
})

test('media and metadata of an accepted publisher are events', () => {
  const client = new ScriptedClient().publishing()
  client.send(
    encodeMessage(writeData(1, ['@setDataFrame', 'onMetaData', { width: 640 }]), 5, 128),
    media(8, 10, [0xaf, 0]),
    media(9, 0xffffffff, [0x17, 0]),
    encodeMessage(writeData(1, ['onTextData', 'x']), 5, 128),
  )
  assert.deepEqual(client.events, [
    {
      type: 'metadata',
      metadata: { width: 640 },
      timestampMs: 0,
      payload: writeData(1, ['onMetaData', { width: 640 }]).payload,
    },
    { type: 'media', kind: 'audio', timestampMs: 10, payload: Uint8Array.of(0xaf, 0) },
    { type: 'media', kind: 'video', timestampMs: 0xffffffff, payload: Uint8Array.of(0x17, 0) },
    { type: 'media', kind: 'data', timestampMs: 0, payload: writeData(1, ['onTextData', 'x']).payload },
  ])
})

test('data that cannot be read is counted and skipped, empty media is skipped', () => {
  const client = new ScriptedClient().publishing()
  client.send(media(18, 0, [0xff, 1, 2]), media(18, 0, [2, 0, 9]), media(9, 0, []), media(9, 0, [0x17]))
  assert.deepEqual(
    client.events.map(({ type }) => type),
    ['media'],
  )
  assert.equal(client.session.stats.unreadableData, 2)
})

test('aggregates come as their parts', () => {
  const client = new ScriptedClient().publishing()
  const tag = [8, 0, 0, 1, 0, 0, 5, 0, 0, 0, 0, 0xaf, 0, 0, 0, 12]
  client.send(media(22, 100, [...tag, ...tag.with(6, 9)]))
  assert.deepEqual(
    client.events.map((event) => (event.type === 'media' ? event.timestampMs : event.type)),
    [100, 104],
  )
})

test('media of an eager publisher waits for the answer, in order', () => {
  const client = new ScriptedClient()
  const request = client.publish()
  client.send(media(9, 1, [1]), media(8, 2, [2]))
  assert.equal(client.events.length, 0)
  client.session.acceptPublish(request)
  client.drain().send(media(9, 3, [3]))
  assert.deepEqual(
    client.events.map((event) => (event.type === 'media' ? event.timestampMs : event.type)),
    [1, 2, 3],
  )
})

test('what waits is bounded', () => {
  const client = new ScriptedClient({ maxHeldBytes: 1000 })
  client.publish()
  client.send(
    media(
      9,
      1,
      Array.from({ length: 700 }, () => 0),
    ),
  )
  assert.equal(
    onlyCoded(() =>
      client.send(
        media(
          9,
          1,
          Array.from({ length: 300 }, () => 0),
        ),
      ),
    )?.code,
    'RTMP_HELD_TOO_LARGE',
  )
})

test('messages are short until a publish is asked for', () => {
  const client = new ScriptedClient({ maxCommandBytes: 1000 }).connect()
  const long = media(
    9,
    1,
    Array.from({ length: 1001 }, () => 0),
  )
  assert.equal(onlyCoded(() => client.send(long))?.code, 'RTMP_MESSAGE_TOO_LARGE')
  const publisher = new ScriptedClient({ maxCommandBytes: 1000 }).publishing()
  assert.equal(publisher.send(long).events.length, 1)
})

test('a rejected client is told why, then the session closes', () => {
  const client = new ScriptedClient()
  client.publish()
  client.session.reject({ code: 'NetStream.Publish.BadName', description: 'wrong key' })
  assert.deepEqual(client.drain().replies(), ['onStatus 0 error NetStream.Publish.BadName'])
  assert.equal(client.closed?.code, 'RTMP_REJECTED')
  assert.deepEqual(client.closed?.details, { status: 'NetStream.Publish.BadName' })
  assert.equal(client.session.deadlineMs, undefined)
  client.send(media(9, 1, [1]))
  assert.deepEqual(client.events, [])
})

for (const end of ['FCUnpublish', 'deleteStream', 'closeStream'] as const) {
  test(`${end} ends a publish once, and another request may follow`, () => {
    const client = new ScriptedClient()
      .publishing()
      .send(command(end, 0, null, 's'), command('deleteStream', 0, null, 1))
    assert.deepEqual(client.events.splice(0), [{ type: 'unpublish' }])
    client.send(media(9, 1, [1]), command('publish', 6, null, 'again', 'live'))
    const [event] = client.events
    assert.ok(event?.type === 'publish')
    assert.equal(event.request.stream, 'again')
  })
}

test('FCUnpublish is answered', () => {
  const client = new ScriptedClient().publishing().send(command('FCUnpublish', 6, null, 's'))
  assert.deepEqual(client.replies(), [
    'onFCUnpublish 0 NetStream.Unpublish.Success',
    'onStatus 0 NetStream.Unpublish.Success',
    '_result 6 undefined',
  ])
})

test('a request that was withdrawn is not accepted any more', () => {
  const client = new ScriptedClient()
  const first = client.publish()
  client.send(media(9, 1, [1]), command('deleteStream', 0, null, 1), command('publish', 5, null, 'other', 'live'))
  assert.deepEqual(
    client.events.map(({ type }) => type),
    ['unpublish', 'publish'],
  )
  client.session.acceptPublish(first)
  assert.deepEqual(client.drain().replies(), [])
})
