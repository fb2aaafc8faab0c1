/** WHIP and WHEP under a control plane: keys and playback tokens as bearer, URLs that are handed out, and who watches. */
import assert from 'node:assert/strict'
import test from 'node:test'

import { openOpensslEngine } from '../../apps/media-node/src/io/packet-engine/openssl.ts'
import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { RtcClient } from '../support/rtc-client.ts'
import { testScope } from '../support/scope.ts'

interface Stream {
  readonly id: string
  readonly playback_ids: readonly { readonly id: string }[]
}

interface Urls {
  readonly urls: readonly {
    readonly protocol: string
    readonly url: string
    readonly obs?: { readonly server: string }
  }[]
}

test('a key publishes by WHIP and a token plays by WHEP, as bearer; viewers are reported', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, { queue: 'postgres' })
  await cluster.startNode('a', { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0', MILLRACE_RTC_ADDRESSES: '127.0.0.1' })
  await cluster.api('vhosts', { name: 'tv.example', access: 'keyed' })
  const stream = await cluster.api<Stream>('streams', { vhost: 'tv.example', name: 'news', playback_policy: 'signed' })
  const [playbackId] = stream.playback_ids
  const { secret } = await cluster.api<{ secret: string }>(`streams/${stream.id}/keys`, { protocols: ['webrtc'] })
  await cluster.api('signing-keys', {})
  const mint = async (aud: string): Promise<string> =>
    (await cluster.api<{ token: string }>('playback-tokens', { playback_id: playbackId?.id, aud })).token
  const engine = await openOpensslEngine()
  scope.defer(() => engine.close())
  const connect = (action: 'publish' | 'play', url: string, bearer: string): Promise<RtcClient> =>
    RtcClient.connect(scope, { engine, action, url, headers: { authorization: `Bearer ${bearer}` } })

  const ingest = await cluster.api<Urls>(`streams/${stream.id}/ingest`)
  const whip = ingest.urls.find(({ protocol }) => protocol === 'whip')?.obs?.server ?? ''
  await assert.rejects(connect('publish', whip, 'wrong'), /403/)
  await connect('publish', whip, secret)

  const playback = await cluster.api<Urls>(`playback/${playbackId?.id}`)
  const whep = (playback.urls.find(({ protocol }) => protocol === 'whep')?.url ?? '').replace(/&token=.*/, '')
  await assert.rejects(connect('play', whep, 'nonsense'), /403/)
  await assert.rejects(connect('play', whep, await mint('recording')), /403/)
  for (const audience of ['whep', 'live']) await connect('play', whep, await mint(audience))
  const flv = whep.replace('/whep?', '.flv?')
  assert.equal((await fetch(`${flv}&token=${await mint('whep')}`)).status, 403)

  await eventually('both viewers', async () => {
    const { data } = await cluster.api<{ data: { protocol: string }[] }>(`viewers?stream_id=${stream.id}`)
    return data.length === 2 && data.every(({ protocol }) => protocol === 'webrtc')
  })
})
