import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import https from 'node:https'
import path from 'node:path'
import test from 'node:test'

import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { startNode } from '../testing.ts'
import { apiConf, at, namesOf, startApiNode } from './srs-api.test-support.ts'

const VHOST = 'vhost __defaultVhost__ { }'

/** The status of an answer over HTTPS; whose certificate it is doesn't matter here. */
function secureStatus(port: number, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: url, rejectUnauthorized: false, agent: false }
    https
      .get(options, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      .on('error', reject)
  })
}

test('with auth, whatever is of the API is for who has name and password', async (t) => {
  const { ask, ports } = await startApiNode(
    testScope(t),
    'auth { enabled on; username admin; password "pass:word"; }',
    VHOST,
  )
  const authorization = (text: string): RequestInit => ({
    headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
  })
  for (const wrong of [{}, authorization('admin:'), authorization('admin'), authorization('x:pass:word')]) {
    const answer = await ask('/api/v1/versions', wrong)
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('www-authenticate'), 'Basic')
    assert.equal(await answer.text(), '')
  }
  assert.equal((await ask('/api/v1/versions', { headers: { authorization: 'Bearer x' } })).status, 401)
  assert.equal((await ask('/api/v1/versions', authorization('admin:pass:word'))).status, 200)
  // what the watch page asks for is of the API too
  assert.equal((await fetch(`http://127.0.0.1:${ports.http}/api/v1/streams/`)).status, 401)
  for (const open of ['/metrics', '/']) assert.equal((await ask(open)).status, 200, open)
  assert.equal((await ask('/api/v1/versions', { method: 'OPTIONS' })).status, 200)
})

test('with crossdomain off no page of another origin reads answers, or may ask', async (t) => {
  const { ask } = await startApiNode(testScope(t), 'crossdomain off;', VHOST)
  const headers = { origin: 'http://example.com' }
  const answer = await ask('/api/v1/versions', { headers })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
  assert.equal((await ask('/api/v1/versions', { method: 'OPTIONS', headers })).status, 405)
})

test('the raw API reloads the file, and tells what came of it', async (t) => {
  const api = (more = ''): string => `raw_api { enabled on; allow_reload on; } ${more}`
  const node = await startApiNode(testScope(t), api(), VHOST)
  const { get } = node
  const fetched = async (): Promise<unknown[]> => {
    const answer = await get('/api/v1/raw?rpc=reload-fetch')
    assert.equal(namesOf(answer), 'code,data{err,msg,state,rid}')
    return ['err', 'msg', 'state', 'rid'].map((name) => at(answer, `data.${name}`))
  }
  assert.deepEqual(await fetched(), [0, '', 0, ''])
  assert.deepEqual(await get('/api/v1/raw?rpc=query'), { code: 1060 })
  assert.deepEqual(await get('/api/v1/raw'), { code: 1060 })

  await node.write(apiConf(api('crossdomain off;'), VHOST))
  assert.deepEqual(await get('/api/v1/raw?rpc=reload'), { code: 0 })
  await eventually(
    'the file counts',
    async () => at(await get('/api/v1/raw?rpc=raw'), 'http_api.crossdomain') === false,
  )
  const [, , state, first] = await fetched()
  assert.equal(state, 90)

  await node.write('lsiten 1935;')
  assert.deepEqual(await get('/api/v1/raw?rpc=reload', { method: 'POST' }), { code: 0 })
  const [err, msg, failed] = await eventually('another reload', async () => {
    const last = await fetched()
    return last[3] !== first && last
  })
  assert.deepEqual([err, failed], [1023, 10])
  assert.match(String(msg), /unknown directive "lsiten"/)
  assert.equal(at(await get('/api/v1/raw?rpc=raw'), 'http_api.crossdomain'), false)

  await node.write(apiConf('raw_api { enabled on; }', VHOST))
  await get('/api/v1/raw?rpc=reload')
  await eventually('reload is forbidden', async () => at(await get('/api/v1/raw?rpc=reload'), 'code') === 1061)
})

test('API and media over HTTPS, with the certificate that is there when a client comes', async (t) => {
  const scope = testScope(t)
  const secure = 'https { enabled on; listen 127.0.0.1:0; key ./key.pem; cert ./cert.pem; }'
  const node = await startApiNode(scope, secure, VHOST, secure)
  const { apiTls = 0, https: mediaTls = 0 } = node.ports
  await assert.rejects(secureStatus(apiTls, '/api/v1/versions'), 'no certificate yet')
  for (let round = 0; round < 2; round++) {
    const { certFile, keyFile } = await selfSignedCertificate(scope)
    await copyFile(certFile, path.join(node.folder, 'cert.pem'))
    await copyFile(keyFile, path.join(node.folder, 'key.pem'))
    assert.equal(await secureStatus(apiTls, '/api/v1/versions'), 200)
  }
  assert.equal(await secureStatus(apiTls, '/foo'), 404)
  assert.equal(await secureStatus(mediaTls, '/api/v1/versions'), 200)
  assert.equal(await secureStatus(mediaTls, '/live/none.flv'), 404)
})

test('a node of a control plane disconnects nobody for just anybody', async (t) => {
  const kick = { method: 'DELETE' }
  const open = await startNode(testScope(t))
  assert.equal((await fetch(`http://127.0.0.1:${open.api}/api/v1/clients/x`, kick)).status, 405)
  const kept = await startNode(testScope(t), { MILLRACE_METRICS_TOKEN: 'secret' })
  const url = `http://127.0.0.1:${kept.api}/api/v1/clients/x`
  assert.equal((await fetch(url, kick)).status, 401)
  const answer = await fetch(url, { ...kick, headers: { authorization: 'Bearer secret' } })
  assert.deepEqual(await answer.json(), { code: 2049 })
})
