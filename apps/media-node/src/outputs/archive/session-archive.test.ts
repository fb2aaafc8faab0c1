import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import { Hub } from '@millrace/hub'
import { audioTrack, FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { order } from './archive.test-support.ts'
import { SessionArchive } from './session-archive.ts'
import { Take } from './take.ts'

const video = videoTrack()
const audio = audioTrack({ codec: 'mp3', config: new Uint8Array(0) })

function setUp(openTake: (faults: unknown[]) => Take) {
  const hub = new Hub(new FakeScheduler())
  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  const publication = stream.publish(() => {})
  const faults: unknown[] = []
  const archive = new SessionArchive({
    stream,
    openTake: () => openTake(faults),
    onFault: (error) => faults.push(error),
  })
  return { publication, faults, archive }
}

test('a take that cannot be opened is told, and the broadcast goes on', () => {
  const { publication, faults, archive } = setUp(() => {
    throw new TypeError('on purpose')
  })
  archive.order(order())
  publication.setTrack(video)
  for (let ms = 0; ms < 2000; ms += 40) publication.write(frameAt(video, ms, { key: ms === 0 }))
  archive.end()
  publication.end('publisher_closed')
  assert.equal(faults.length, 1)
})

test('a fault in a frame ends the take, once, and not the broadcast', () => {
  const { publication, faults, archive } = setUp(
    () =>
      new Take({
        order: order(),
        openWriter: () => {
          throw new TypeError('on purpose')
        },
        wallNowMs: () => 0,
        logger: silentLogger,
      }),
  )
  archive.order(order())
  publication.setTrack(audio)
  for (let ms = 0; ms < 2000; ms += 20) publication.write(frameAt(audio, ms))
  archive.end()
  publication.end('publisher_closed')
  assert.equal(faults.length, 1)
})
