import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

import { CodedError, errorMessage } from '@millrace/core'

/** A certificate, with its chain, and its key, in PEM. */
export interface Certificate {
  cert: Buffer
  key: Buffer
}

/**
 * Reads a certificate and its key, and tries whether they belong together.
 *
 * @throws CodedError `IO_CERTIFICATE` that names the files
 */
export async function readCertificate(files: { certFile: string; keyFile: string }): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    const what = `certificate ${files.certFile} with key ${files.keyFile}`
    throw new CodedError('IO_CERTIFICATE', `cannot use the ${what}: ${errorMessage(error)}`, { cause: error })
  }
}
