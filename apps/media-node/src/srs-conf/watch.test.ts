import assert from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { watchConfig } from './watch.ts'

test('a file that is written, or put in its place, is told of once for several changes', async (t) => {
  const scope = testScope(t)
  const file = path.join(await tempDir(scope), 'srs.conf')
  await writeFile(file, 'a')
  const changes = new EventEmitter()
  let count = 0
  scope.defer(
    watchConfig(
      file,
      () => {
        count++
        changes.emit('changed')
      },
      100,
    ),
  )
  const changed = once(changes, 'changed')
  await writeFile(file, 'b')
  await writeFile(file, 'c')
  await changed
  assert.equal(count, 1)
  const again = once(changes, 'changed')
  await writeFile(`${file}.tmp`, 'd')
  await rename(`${file}.tmp`, file)
  await again
  assert.equal(count, 2)
})
