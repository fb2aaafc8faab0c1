import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import test, { type TestContext } from 'node:test'
import tls from 'node:tls'

import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { endSoftly, SOCKET_HIGH_WATER_BYTES, socketSink } from './socket-sink.ts'

/** Both ends of a connection; nothing reads at the client's end. */
async function connection(t: TestContext, secure: boolean): Promise<{ server: net.Socket; client: net.Socket }> {
  const scope = testScope(t)
  const options = { highWaterMark: SOCKET_HIGH_WATER_BYTES, allowHalfOpen: true }
  const { certFile, keyFile } = secure ? await selfSignedCertificate(scope) : { certFile: '', keyFile: '' }
  const listener = secure
    ? tls.createServer({ ...options, cert: await readFile(certFile), key: await readFile(keyFile) })
    : net.createServer(options)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as net.AddressInfo
  const client = secure
    ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [server] = (await once(listener, secure ? 'secureConnection' : 'connection')) as [net.Socket]
  scope.defer(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  for (const socket of [client, server]) socket.on('error', () => {})
  return { server, client }
}

for (const secure of [false, true]) {
  test(`a ${secure ? 'TLS' : 'TCP'} sink tells when a peer that was slow has taken everything`, async (t) => {
    const { server, client } = await connection(t, secure)
    const sink = socketSink(server, { waits: false, onEnd() {} })
    const bytes = new Uint8Array(16 * 1024 * 1024)
    sink.write(bytes)
    assert.ok(sink.pendingBytes > 0)
    let taken = false
    const told = new Promise<void>((resolve) =>
      sink.whenTaken(() => {
        taken = true
        resolve()
      }),
    )
    // a round trip of the event loop: the peer hasn't read, so nothing may have been told
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(taken, false)
    let received = 0
    const all = new Promise<void>((resolve) =>
      client.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received === bytes.length + 3) resolve()
      }),
    )
    await told
    assert.equal(sink.pendingBytes, 0)
    sink.write(Uint8Array.of(1, 2, 3))
    await all
    assert.equal(received, bytes.length + 3)
  })
}

test('a sink does not tell when the peer has gone', async (t) => {
  const { server, client } = await connection(t, false)
  const sink = socketSink(server, { waits: false, onEnd() {} })
  sink.write(new Uint8Array(16 * 1024 * 1024))
  let told = false
  sink.whenTaken(() => (told = true))
  client.resetAndDestroy()
  await new Promise((resolve) => server.once('close', resolve))
  sink.whenTaken(() => (told = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(told, false)
})

test('a peer that keeps sending and never goes is cut off', async (t) => {
  const { server, client } = await connection(t, false)
  server.resume()
  const dribble = setInterval(() => client.write('a'), 5)
  t.after(() => clearInterval(dribble))
  endSoftly(server, 50)
  await once(server, 'close')
  assert.ok(server.destroyed)
})

test('the last bytes are let out before a socket ends', async (t) => {
  const { server, client } = await connection(t, false)
  server.write('last words')
  endSoftly(server)
  const chunks: Buffer[] = []
  client.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(client, 'end')
  client.end()
  await once(server, 'close')
  assert.equal(Buffer.concat(chunks).toString(), 'last words')
})
