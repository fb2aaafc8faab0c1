import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { readCertificate } from './certificate.ts'

test('a certificate and its key are read as they are', async (t) => {
  const files = await selfSignedCertificate(testScope(t))
  assert.deepEqual(await readCertificate(files), {
    cert: await readFile(files.certFile),
    key: await readFile(files.keyFile),
  })
})

test('files that are missing, no PEM, or of two certificates are refused by name', async (t) => {
  const scope = testScope(t)
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const other = await selfSignedCertificate(scope)
  const text = path.join(await tempDir(scope), 'text.pem')
  await writeFile(text, 'no certificate')
  for (const files of [
    { certFile: '/nowhere/cert.pem', keyFile },
    { certFile: text, keyFile },
    { certFile, keyFile: other.keyFile },
  ])
    await assert.rejects(readCertificate(files), (error: Error) => {
      assert.equal((error as { code?: string }).code, 'IO_CERTIFICATE')
      assert.ok(error.message.includes(files.certFile), error.message)
      return true
    })
})
