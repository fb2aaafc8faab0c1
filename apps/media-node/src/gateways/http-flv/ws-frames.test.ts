import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { WebSocket, WebSocketServer } from 'ws'

import { binaryFrame } from './ws-frames.ts'

test('a WebSocket client reads frames of every length form', async (t) => {
  const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map((length) => Buffer.alloc(length, length & 0xff))
  const server = http.createServer()
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, () => {
      for (const payload of payloads) socket.write(binaryFrame(payload))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.terminate()
    server.closeAllConnections()
    server.close()
  })
  const received: Buffer[] = []
  const done = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer, isBinary) => {
      assert.ok(isBinary)
      if (received.push(data) === payloads.length) resolve()
    })
  })
  await done
  assert.deepEqual(received, payloads)
})
