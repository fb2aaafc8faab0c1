import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'

import { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'

/** A scope that closes when the test has ended: give it to the helpers that open something. */
export function testScope(test: TestContext): Scope {
  const scope = new Scope()
  test.after(() => scope.close())
  return scope
}

/** An empty directory that is removed when `scope` closes. */
export async function tempDir(scope: Scope): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'millrace-test-'))
  scope.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
  return directory
}

/** Below those that the system gives to whoever asks for any: between two starts of a program nobody else gets it. */
const PORTS = { first: 20_000, last: 31_999 }

/** A TCP port of 127.0.0.1 that nobody listens at, for programs that cannot listen on port 0 and tell. Rejects with `SUPPORT_NO_PORT`. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(PORTS.first, PORTS.last + 1)
    if (await isFree(port)) return port
  }
  throw new SupportError('SUPPORT_NO_PORT', 'no TCP port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const opened = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (opened) await new Promise<void>((resolve) => server.close(() => resolve()))
  return opened
}
