import assert from 'node:assert/strict'
import test from 'node:test'

import type { Event, Page, Session, Stream } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { testScope } from '../support/scope.ts'

const CLIP = { video: 'h264', audio: 'aac' } as const

test('while the control plane is away a node serves whom it knows, and reports later, in order, once', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope)
  const node = await cluster.startNode('a')
  const stream = await cluster.api<Stream>('streams', { app: 'live', name: 'show' })
  const publish = () => publishWithFfmpeg(scope, { ...CLIP, url: node.rtmpUrl('live/show') })
  const play = (): FlvPlayer => FlvPlayer.play(scope, node.httpUrl('live/show.flv'))
  const pictures = (player: FlvPlayer, more = 10): Promise<void> => {
    const wanted = player.videoFrames + more
    return player.until('pictures', () => player.videoFrames >= wanted)
  }
  const status = async (): Promise<string> => (await cluster.api<Stream>(`streams/${stream.id}`)).status
  const first = await publish()
  const before = play()
  await pictures(before)
  await eventually('the stream is live', async () => (await status()) === 'live')

  await cluster.stopControl()
  await pictures(before)
  await pictures(play())
  await first.stop()
  const second = await publish()
  await pictures(play())
  await second.stop()
  const third = await publish()
  await pictures(play())

  await cluster.startControl()
  const sessions = await eventually('all broadcasts are known', async () => {
    const { data } = await cluster.api<Page<Session>>(`streams/${stream.id}/sessions`)
    return data.length === 3 && data[0]?.status === 'live' && data.toReversed()
  })
  assert.deepEqual(
    sessions.map((session) => session.status),
    ['ended', 'ended', 'live'],
  )
  const { data } = await cluster.api<Page<Event>>('events?limit=100')
  const told = data.filter(({ subject }) => subject.id === stream.id).toReversed()
  const broadcasts = told.filter(({ session_id: id }) => id !== undefined)
  assert.deepEqual(
    broadcasts.map(({ type, session_id: id }) => [type, sessions.findIndex((session) => session.id === id)]),
    [
      ['stream.connected', 0],
      ['stream.live', 0],
      ['stream.ended', 0],
      ['stream.connected', 1],
      ['stream.live', 1],
      ['stream.ended', 1],
      ['stream.connected', 2],
      ['stream.live', 2],
    ],
  )
  assert.deepEqual(
    told.map(({ seq }) => seq),
    told.map((_, index) => index + 1),
  )
  await pictures(play())
  await third.stop()
  await eventually('the end is told', async () => (await status()) === 'idle')
})
