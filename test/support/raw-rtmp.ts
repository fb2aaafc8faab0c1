/** An RTMP client of a few lines, for what a well-behaved one would never send. */
import { connect, type Socket } from 'node:net'

import { type AmfValue, writeAmf0 } from '@millrace/amf'
import { ByteWriter } from '@millrace/bytes'
import type { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'

const HANDSHAKE_BYTES = 1536
const CHUNK_BYTES = 128
const COMMAND_AMF0 = 20

/** A TCP connection to 127.0.0.1 that ignores its end; it is destroyed when `scope` closes. */
export async function openSocket(scope: Scope, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  scope.defer(() => void socket.destroy())
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket.on('error', () => {})
}

/** One message in chunks of 128 bytes; its time is below 2^24 - 1. @see RTMP 1.0 §5.3.1 */
export function rtmpMessage(
  chunkStream: number,
  type: number,
  messageStream: number,
  body: Uint8Array,
  timestampMs = 0,
): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt8(chunkStream, 0)
  header.writeUIntBE(timestampMs, 1, 3)
  header.writeUIntBE(body.length, 4, 3)
  header.writeUInt8(type, 7)
  header.writeUInt32LE(messageStream, 8)
  const parts: Uint8Array[] = [header]
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    if (at > 0) parts.push(Buffer.from([0xc0 | chunkStream]))
    parts.push(body.subarray(at, at + CHUNK_BYTES))
  }
  return Buffer.concat(parts)
}

/** A command message with its values: name, transaction id, command object and so on. */
export function rtmpCommand(chunkStream: number, messageStream: number, ...values: AmfValue[]): Buffer {
  const out = new ByteWriter()
  for (const value of values) writeAmf0(out, value)
  return rtmpMessage(chunkStream, COMMAND_AMF0, messageStream, out.finish())
}

/** All that a client says before it publishes or plays, handshake included. It needs no answer in between. */
export function rtmpGreeting(port: number, app: string): Buffer {
  return Buffer.concat([
    Buffer.from([3]),
    Buffer.alloc(2 * HANDSHAKE_BYTES),
    rtmpCommand(3, 0, 'connect', 1, { app, tcUrl: `rtmp://127.0.0.1:${port}/${app}`, flashVer: 'raw' }),
    rtmpCommand(3, 0, 'createStream', 2, null),
  ])
}

/** A connection on which `app/name` is being published; what follows is up to the test. Rejects when it is refused. */
export async function rawPublisher(scope: Scope, port: number, app: string, name: string): Promise<Socket> {
  const socket = await openSocket(scope, port)
  const received: Buffer[] = []
  const published = new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new SupportError('SUPPORT_RTMP', 'closed before NetStream.Publish.Start')))
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      if (Buffer.concat(received).includes('NetStream.Publish.Start')) resolve()
    })
  })
  socket.write(rtmpGreeting(port, app))
  socket.write(rtmpCommand(4, 1, 'publish', 3, null, name, 'live'))
  await published
  return socket
}
