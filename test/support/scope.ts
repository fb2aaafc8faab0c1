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

/** A TCP port of 127.0.0.1 that was free a moment ago, for programs that cannot listen on port 0 and tell. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new SupportError('SUPPORT_NO_PORT', 'no TCP port')
  return address.port
}
