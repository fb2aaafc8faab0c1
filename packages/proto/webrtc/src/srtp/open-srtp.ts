import type { SrtpKeys, SrtpSession } from '../engine.ts'
import { CmSrtpCipher } from './cm-cipher.ts'
import { deriveKeys } from './derive-keys.ts'
import { GcmSrtpCipher } from './gcm-cipher.ts'
import type { SrtpScratch } from './scratch.ts'
import { SrtpEndpoint } from './srtp-endpoint.ts'

/** Opens a session whose packets are protected in TypeScript. */
export function openSrtp(scratch: SrtpScratch, keys: SrtpKeys): SrtpSession {
  const local = deriveKeys(keys.localKey, keys.localSalt)
  const remote = deriveKeys(keys.remoteKey, keys.remoteSalt)
  const Cipher = keys.profile === 'SRTP_AEAD_AES_128_GCM' ? GcmSrtpCipher : CmSrtpCipher
  return new SrtpEndpoint(keys.profile, new Cipher(scratch, local, remote))
}
