import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import type { Scope } from '@millrace/core'

import { words } from './program.ts'
import { tempDir } from './scope.ts'

/** A self-signed certificate for 127.0.0.1, valid for a day, as PEM files that go with `scope`. */
export async function selfSignedCertificate(scope: Scope): Promise<{ certFile: string; keyFile: string }> {
  const directory = await tempDir(scope)
  const certFile = path.join(directory, 'cert.pem')
  const keyFile = path.join(directory, 'key.pem')
  await promisify(execFile)('openssl', [
    ...words('req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1'),
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ])
  return { certFile, keyFile }
}
