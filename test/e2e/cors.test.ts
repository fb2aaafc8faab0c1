/** The vhost's `cors_origins` on a real node: HTTP-FLV, HLS playlists and segments, preflight, WebSocket. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import test from 'node:test'

import type { Page, Vhost } from '@millrace/contracts'
import { WebSocket } from 'ws'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { testScope } from '../support/scope.ts'

const TV = 'https://tv.example'
const EVIL = 'https://evil.example'

/** The first line of a playlist that is no tag. */
async function firstUri(playlist: string): Promise<string> {
  const lines = (await (await fetch(playlist)).text()).split('\n')
  return new URL(lines.find((line) => line !== '' && !line.startsWith('#')) ?? '', playlist).href
}

/** Status, and who may read by the answer's headers, of a request from a page. */
async function ask(url: string, origin: string | undefined, method = 'GET'): Promise<(string | number | null)[]> {
  const abort = new AbortController()
  const { status, headers } = await fetch(url, {
    method,
    headers: { ...(origin && { origin }), ...(method === 'OPTIONS' && { 'access-control-request-method': 'GET' }) },
    signal: abort.signal,
  })
  abort.abort()
  return [status, headers.get('access-control-allow-origin'), headers.get('vary')]
}

/** Opens a WebSocket from a page: 101, or the status of the refusal. */
async function upgrade(url: string, origin: string | undefined): Promise<number> {
  const webSocket = new WebSocket(url, origin === undefined ? {} : { origin })
  const opened = once(webSocket, 'open').then(() => 101)
  const refused = once(webSocket, 'unexpected-response').then((args) => (args[1] as IncomingMessage).statusCode ?? 0)
  webSocket.on('error', () => {})
  try {
    return await Promise.any([opened, refused])
  } finally {
    webSocket.terminate()
  }
}

test('pages of the origins that a vhost names may read its media, other pages may not', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, { queue: 'postgres' })
  await cluster.startWorker()
  const node = await cluster.startNode('a')
  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: node.rtmpUrl('live/show') })
  const flv = node.httpUrl('live/show.flv')
  const multivariant = node.httpUrl('live/show.m3u8')
  const webSocket = node.wsUrl('live/show.flv')
  await eventually('HLS is served', async () => (await fetch(multivariant)).ok)
  const media = await firstUri(multivariant)
  const segment = await firstUri(media)
  const urls = [flv, multivariant, media, segment]
  for (const url of urls) assert.deepEqual(await ask(url, EVIL), [200, '*', null], url)
  assert.equal(await upgrade(webSocket, EVIL), 101)

  const [vhost] = (await cluster.api<Page<Vhost>>('vhosts')).data
  await cluster.api(`vhosts/${vhost?.id}`, { cors_origins: [TV] }, 'PATCH')
  await eventually('the node has heard of it', async () => (await ask(flv, EVIL))[1] === null, 90_000)
  const kept = await firstUri(media)
  for (const url of [flv, multivariant, media, kept]) {
    for (const [method, status] of [
      ['GET', 200],
      ['OPTIONS', 204],
    ] as const) {
      assert.deepEqual(await ask(url, TV, method), [status, TV, 'Origin'], url)
      for (const other of [EVIL, 'null', undefined])
        assert.deepEqual(await ask(url, other, method), [status, null, 'Origin'], url)
    }
  }
  assert.equal(await upgrade(webSocket, TV), 101)
  assert.equal(await upgrade(webSocket, undefined), 101)
  assert.equal(await upgrade(webSocket, EVIL), 403)
})
