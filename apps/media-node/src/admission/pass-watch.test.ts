import assert from 'node:assert/strict'
import test from 'node:test'

import { FakeScheduler } from '@millrace/testkit'

import { Players } from '../players/players.ts'
import { PassWatch } from './pass-watch.ts'

test('a viewer whose permission ends is ended within a second, with the reason; the others stay', () => {
  const scheduler = new FakeScheduler()
  const players = new Players()
  const ended: string[] = []
  let refusal: string | undefined
  const join = (name: string, pass: { refusal: () => string | undefined } | undefined): void => {
    const player = players.join({
      key: { vhost: 'v', app: 'live', name },
      streamId: null,
      protocol: 'http-flv',
      client: { ip: '192.0.2.1' },
      bytes: () => 0,
      pass: pass && { personal: true, origin: null, ...pass },
      kick(code) {
        ended.push(`${name} ${code}`)
        player.leave()
      },
    })
  }
  join('signed', { refusal: () => refusal })
  join('other', { refusal: () => undefined })
  join('public', undefined)
  const watch = new PassWatch(players, scheduler)
  scheduler.advance(5000)
  assert.deepEqual(ended, [])
  refusal = 'PLAYBACK_TOKEN_REVOKED'
  scheduler.advance(1000)
  assert.deepEqual(ended, ['signed PLAYBACK_TOKEN_REVOKED'])
  scheduler.advance(5000)
  assert.equal(ended.length, 1)
  assert.equal(players.size, 2)
  watch.close()
  assert.equal(scheduler.pending, 0)
})
