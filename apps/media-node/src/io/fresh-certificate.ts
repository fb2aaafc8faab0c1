import { readFileSync, statSync } from 'node:fs'
import tls from 'node:tls'

import { CodedError, errorMessage } from '@millrace/core'

/** Names of the files with a certificate, and its chain, and with its key. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/**
 * Has a server use the certificate that is in the files at the moment, from the next client on. While there is none that can
 * be used it goes on with the one before, or, without one, its handshakes fail.
 *
 * @param onError told `IO_CERTIFICATE` once for each state of the files that is of no use
 */
export function useCertificate(
  server: tls.Server,
  files: CertificateFiles,
  onError: (error: CodedError) => void,
): void {
  let known: string | undefined
  const look = (): void => {
    const state = `${stateOf(files.certFile)} ${stateOf(files.keyFile)}`
    if (state === known) return
    known = state
    try {
      const pair = { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) }
      // refuses a key of another certificate
      tls.createSecureContext(pair)
      server.setSecureContext(pair)
    } catch (cause) {
      const what = `certificate ${files.certFile} with key ${files.keyFile}`
      onError(new CodedError('IO_CERTIFICATE', `cannot use the ${what}: ${errorMessage(cause)}`, { cause }))
    }
  }
  look()
  // before the server's own listener, which begins the handshake
  server.prependListener('connection', look)
}

function stateOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'none'
}
