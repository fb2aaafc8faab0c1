import { createHmac } from 'node:crypto'

import { concatBytes } from '@millrace/bytes'

import type { SrtpKeys, SrtpProfile } from '../engine.ts'
import { RecordCipher } from './record-cipher.ts'

const MASTER_BYTES = 48
const FINISHED_BYTES = 12
const KEY_BYTES = 16
const RECORD_SALT_BYTES = 4
const EXPORTER_LABEL = 'EXTRACTOR-dtls_srtp'
const SRTP_SALT_BYTES: Readonly<Record<SrtpProfile, number>> = {
  SRTP_AEAD_AES_128_GCM: 12,
  SRTP_AES128_CM_SHA1_80: 14,
}

/** Of both ends, 32 bytes each. */
export interface Randoms {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

/** The side of the one, and of the other. */
export interface Sides<T> {
  readonly client: T
  readonly server: T
}

/** The pseudorandom function by SHA-256. @see RFC 5246 §5 */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, bytes: number): Uint8Array {
  const labelled = concatBytes([new TextEncoder().encode(label), seed])
  const hmac = (data: Uint8Array): Uint8Array => new Uint8Array(createHmac('sha256', secret).update(data).digest())
  const blocks: Uint8Array[] = []
  for (let a = hmac(labelled), made = 0; made < bytes; a = hmac(a)) {
    const block = hmac(concatBytes([a, labelled]))
    blocks.push(block)
    made += block.length
  }
  return concatBytes(blocks).subarray(0, bytes)
}

/**
 * @param sessionHash of the messages up to ClientKeyExchange where both ends know the extended master secret, else undefined
 * @see RFC 7627 §4, RFC 5246 §8.1
 */
export function masterSecret(premaster: Uint8Array, randoms: Randoms, sessionHash: Uint8Array | undefined): Uint8Array {
  return sessionHash
    ? prf(premaster, 'extended master secret', sessionHash, MASTER_BYTES)
    : prf(premaster, 'master secret', concatBytes([randoms.client, randoms.server]), MASTER_BYTES)
}

/** What each end protects its records with. @see RFC 5246 §6.3 */
export function recordCiphers(master: Uint8Array, randoms: Randoms): Sides<RecordCipher> {
  const bytes = 2 * (KEY_BYTES + RECORD_SALT_BYTES)
  const block = prf(master, 'key expansion', concatBytes([randoms.server, randoms.client]), bytes)
  const [client, server] = halves(block, KEY_BYTES, RECORD_SALT_BYTES)
  return { client: new RecordCipher(client.key, client.salt), server: new RecordCipher(server.key, server.salt) }
}

/** What a Finished has to say. @see RFC 5246 §7.4.9 */
export function verifyData(master: Uint8Array, sender: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  return prf(master, `${sender} finished`, transcriptHash, FINISHED_BYTES)
}

/** The keys of SRTP, seen from one end. @see RFC 5764 §4.2, RFC 5705 §4 */
export function exportSrtpKeys(
  master: Uint8Array,
  randoms: Randoms,
  profile: SrtpProfile,
  role: 'client' | 'server',
): SrtpKeys {
  const saltBytes = SRTP_SALT_BYTES[profile]
  const seed = concatBytes([randoms.client, randoms.server])
  const [client, server] = halves(prf(master, EXPORTER_LABEL, seed, 2 * (KEY_BYTES + saltBytes)), KEY_BYTES, saltBytes)
  const [local, remote] = role === 'client' ? [client, server] : [server, client]
  return { profile, localKey: local.key, localSalt: local.salt, remoteKey: remote.key, remoteSalt: remote.salt }
}

interface KeyAndSalt {
  key: Uint8Array
  salt: Uint8Array
}

/** Two keys, then two salts: the client's first. */
function halves(block: Uint8Array, keyBytes: number, saltBytes: number): [client: KeyAndSalt, server: KeyAndSalt] {
  const saltsAt = 2 * keyBytes
  return [
    { key: block.slice(0, keyBytes), salt: block.slice(saltsAt, saltsAt + saltBytes) },
    { key: block.slice(keyBytes, saltsAt), salt: block.slice(saltsAt + saltBytes, saltsAt + 2 * saltBytes) },
  ]
}
