import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { openOpensslEngine } from '../../apps/media-node/src/io/packet-engine/openssl.ts'
import { startMediaNode } from '../support/media-node.ts'
import { readMedia, RtcClient } from '../support/rtc-client.ts'
import { testScope } from '../support/scope.ts'

const engine = await openOpensslEngine()
after(() => engine.close())

const RTC = { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' }
/** An IDR picture of one packet, as far as forwarding looks at it. */
const KEY = Uint8Array.of(0x65, 0x88, 0x84, 0, 1, 2, 3)

for (const transport of ['udp', 'tcp'] as const) {
  for (const setup of ['active', 'passive'] as const) {
    test(`packets reach a player by ${transport}, its part in DTLS being ${setup}`, async (t) => {
      const scope = testScope(t)
      const node = await startMediaNode(scope, { env: RTC })
      const publisher = await RtcClient.connect(scope, {
        engine,
        action: 'publish',
        url: node.httpUrl('live/packets/whip'),
        transport,
        setup,
      })
      const got = Promise.withResolvers<Uint8Array>()
      const player = await RtcClient.connect(scope, {
        engine,
        action: 'play',
        url: node.httpUrl('live/packets/whep'),
        transport,
        setup,
        onRtp: (packet) => got.resolve(packet),
      })
      let sequence = 1000
      const timer = setInterval(() => {
        publisher.sendRtp(publisher.track('video'), {
          sequence,
          timestamp: sequence * 3000,
          marker: true,
          payload: KEY,
        })
        sequence++
      }, 20)
      scope.defer(() => clearInterval(timer))
      const { header, payload } = readMedia(await got.promise)
      assert.equal(header.ssrc, player.track('video').ssrc)
      assert.equal(header.payloadType, player.track('video').payloadType)
      assert.deepEqual(new Uint8Array(payload), KEY)
      assert.equal(await player.delete(), 200)
      assert.equal(await player.ended, null)
      publisher.close()
    })
  }
}
