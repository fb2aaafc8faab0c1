import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import test from 'node:test'

import { createAddressGuard } from './address-guard.ts'
import { guardedLookup } from './guarded-lookup.ts'

async function connect(allow: readonly string[]): Promise<string> {
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const socket = net.connect({ host: 'localhost', port, lookup: guardedLookup(createAddressGuard(allow)) })
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    socket.destroy()
    server.close()
  }
}

test('a host with a permitted address is connected to', async () => {
  assert.equal(await connect(['127.0.0.0/8', '::1/128']), 'connected')
})

test('a host without one is not', async () => {
  assert.equal(await connect([]), 'ADDRESS_BLOCKED')
})
