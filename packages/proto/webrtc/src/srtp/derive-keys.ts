import { createCipheriv } from 'node:crypto'

/** Keys that protect one direction. @see RFC 3711 §4.3 */
export interface DirectionKeys {
  readonly rtp: PacketKeys
  readonly rtcp: PacketKeys
}

/** Keys that protect the packets of one kind. */
export interface PacketKeys {
  /** Of AES-128. */
  readonly key: Uint8Array
  /** Of HMAC-SHA1, 20 bytes; the GCM profile has no use for it. */
  readonly authKey: Uint8Array
  /** As long as the master salt: 14 bytes, or 12 for GCM. */
  readonly salt: Uint8Array
}

/**
 * The keys of one direction, by AES-CM and with a key derivation rate of 0.
 *
 * @param masterKey 16 bytes
 * @param masterSalt 14 bytes, or 12 for GCM
 * @see RFC 3711 §4.3, RFC 7714 §11
 */
export function deriveKeys(masterKey: Uint8Array, masterSalt: Uint8Array): DirectionKeys {
  const derive = (label: number, bytes: number): Uint8Array => {
    const counter = new Uint8Array(16)
    counter.set(masterSalt)
    counter[7] = (counter[7] ?? 0) ^ label
    return new Uint8Array(createCipheriv('aes-128-ctr', masterKey, counter).update(new Uint8Array(bytes)))
  }
  const keysFrom = (label: number): PacketKeys => ({
    key: derive(label, 16),
    authKey: derive(label + 1, 20),
    salt: derive(label + 2, masterSalt.length),
  })
  return { rtp: keysFrom(0), rtcp: keysFrom(3) }
}
