import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import test from 'node:test'

import { loadConfig, type VhostConfig } from '@millrace/config'
import type { Scope } from '@millrace/core'
import { RtmpServerSession } from '@millrace/rtmp'

import { freePort, testScope } from '../../../../test/support/scope.ts'
import type { AdmissionRequest } from '../admission/admission.ts'
import { drive } from '../io/drive.ts'
import { closerOf } from '../io/listen.ts'
import { traverseToken } from './token-traverse.ts'

/** An origin that lets in whose `tcUrl` has the token, and tells what it was told. */
async function startOrigin(scope: Scope): Promise<{ server: string; told: string[] }> {
  const told: string[] = []
  const server = net.createServer((socket) => {
    let bytes = ''
    let decided = false
    socket.on('data', (data) => {
      bytes += data.toString('latin1')
      if (decided || !bytes.includes('tcUrl')) return
      decided = true
      told.push(bytes)
      if (!bytes.includes('token=right')) socket.destroy()
    })
    drive(new RtmpServerSession({ nowMs: performance.now() }), socket, { event() {}, closed() {} })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(closerOf(server))
  return { server: `127.0.0.1:${(server.address() as AddressInfo).port}`, told }
}

function clusterOf(text: string): VhostConfig['cluster'] {
  const files = { read: () => `listen 1; vhost v { cluster { mode remote; ${text} } }`, glob: () => [] }
  const cluster = loadConfig('srs.conf', { files, environment: {} }).config?.vhost[0]?.cluster
  assert.ok(cluster)
  return cluster
}

const requestOf = (token: string, protocol: AdmissionRequest['protocol'] = 'rtmp'): AdmissionRequest => ({
  action: 'play',
  protocol,
  vhost: 'v',
  app: 'live',
  stream: 'x',
  params: {},
  client: {
    ip: '127.0.0.1',
    tcUrl: `rtmp://edge.example/live?token=${token}`,
    pageUrl: 'http://page.example/',
    connectArgs: { ticket: 'of the client' },
  },
})

test('an origin says whether a client may: it is told what the client told', async (t) => {
  const { server, told } = await startOrigin(testScope(t))
  const cluster = clusterOf(`origin ${server}; token_traverse on;`)
  await traverseToken(cluster, requestOf('right'))
  assert.match(told[0] ?? '', /rtmp:\/\/edge\.example\/live\?token=right.*http:\/\/page\.example\/.*of the client/s)
  await assert.rejects(traverseToken(cluster, requestOf('wrong')), { code: 'TOKEN_REFUSED' })
})

test('the next origin is asked when one cannot be reached, not when one refuses', async (t) => {
  const scope = testScope(t)
  const [first, second] = [await startOrigin(scope), await startOrigin(scope)]
  const away = `127.0.0.1:${await freePort()}`
  await traverseToken(clusterOf(`origin ${away} ${first.server}; token_traverse on;`), requestOf('right'))
  const both = clusterOf(`origin ${first.server} ${second.server}; token_traverse on;`)
  await assert.rejects(traverseToken(both, requestOf('wrong')), { code: 'TOKEN_REFUSED' })
  assert.equal(second.told.length, 0)
  const none = clusterOf(`origin ${away}; token_traverse on;`)
  await assert.rejects(traverseToken(none, requestOf('right')), { code: 'ORIGIN_UNREACHABLE' })
})

test('nobody is asked without token_traverse, nor about players of other protocols', async (t) => {
  const { server, told } = await startOrigin(testScope(t))
  await traverseToken(clusterOf(`origin ${server};`), requestOf('wrong'))
  await traverseToken(clusterOf(`origin ${server}; token_traverse on;`), requestOf('wrong', 'http-flv'))
  assert.equal(told.length, 0)
})
