import { once } from 'node:events'
import net from 'node:net'

import type { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'
import { Program } from './program.ts'
import { freePort, tempDir } from './scope.ts'

/** Starts a Redis server of its own on a loopback port, by default a free one, without persistence; resolves when it answers. */
export async function startRedis(
  scope: Scope,
  port?: number,
): Promise<{ url: string; port: number; program: Program }> {
  port ??= await freePort()
  const directory = await tempDir(scope)
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const program = await Program.start(scope, 'redis-server', args)
  await program.line(/Ready to accept connections/)
  return { url: `redis://127.0.0.1:${port}`, port, program }
}

/** Makes a Redis forget everything, as one that was restarted without persistence. */
export async function flushRedis(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = net.connect(Number(port), hostname)
  try {
    socket.write('FLUSHALL\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    if (!answer.toString().startsWith('+OK')) throw new SupportError('SUPPORT_REDIS', answer.toString())
  } finally {
    socket.destroy()
  }
}
