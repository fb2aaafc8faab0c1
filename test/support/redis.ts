import type { Scope } from '@millrace/core'

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
