import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { CodedError } from '@millrace/core'

import { openLogFile } from './logger.ts'

async function folder(t: test.TestContext): Promise<string> {
  const name = await mkdtemp(path.join(os.tmpdir(), 'millrace-log-'))
  t.after(() => rm(name, { recursive: true }))
  return name
}

test('lines go to a file, and after it was rotated to a new one', async (t) => {
  const file = path.join(await folder(t), 'made/too/srs.log')
  const log = openLogFile(file)
  log.write('one\n')
  await log.flush()
  await rename(file, `${file}.1`)
  log.write('two\n')
  await log.flush()
  log.reopen()
  log.write('three\n')
  await log.flush()
  assert.equal(await readFile(`${file}.1`, 'utf8'), 'one\ntwo\n')
  assert.equal(await readFile(file, 'utf8'), 'three\n')
  log.close()
})

test('a file that can not be written to is an error at once', async (t) => {
  const name = await folder(t)
  assert.throws(
    () => openLogFile(name),
    (error) => error instanceof CodedError && error.code === 'LOG_FILE',
  )
})
