import { createPrivateKey } from 'node:crypto'

import { DtlsMachine } from './dtls/dtls-machine.ts'
import { selfSigned } from './dtls/self-signed.ts'
import type { CryptoEngine } from './engine.ts'
import { openSrtp } from './srtp/open-srtp.ts'
import { makeScratch } from './srtp/scratch.ts'

/** DTLS and SRTP in TypeScript, over the ciphers of Node: they need nothing else. With a certificate of its own. */
export function createTypescriptCrypto(): CryptoEngine {
  const { certificate, privateKey, fingerprint } = selfSigned()
  // Buffer is what Node's types want, and any bytes are what it takes
  const key = createPrivateKey({ key: privateKey as never, format: 'der', type: 'sec1' })
  const identity = { certificate, key }
  const scratch = makeScratch()
  return {
    fingerprint,
    openDtls: (options) => new DtlsMachine(identity, options),
    openSrtp: (keys) => openSrtp(scratch, keys),
  }
}
