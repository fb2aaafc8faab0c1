import { createHmac } from 'node:crypto'

/** Bytes of C1, S1, C2 and S2. */
export const HANDSHAKE_BYTES = 1536

const DIGEST_BYTES = 32
/** Bytes of each half that hold the digest or the key: half of what is left after time and version. */
const BLOCK_BYTES = 764
/** Where the digest may lie in its block, after the four bytes that say where. */
const DIGEST_PLACES = BLOCK_BYTES - DIGEST_BYTES - 4

const SECRET = Uint8Array.from([
  0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e, 0xec, 0x5d,
  0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
])
const key = (name: string): Uint8Array => Uint8Array.from([...new TextEncoder().encode(name), ...SECRET])

/** A side's key: its name signs C1 or S1, the whole key C2 or S2. */
export interface HandshakeKey {
  readonly name: Uint8Array
  readonly full: Uint8Array
}

const CLIENT = key('Genuine Adobe Flash Player 001')
const SERVER = key('Genuine Adobe Flash Media Server 001')

export const CLIENT_KEY: HandshakeKey = { name: CLIENT.subarray(0, 30), full: CLIENT }
export const SERVER_KEY: HandshakeKey = { name: SERVER.subarray(0, 36), full: SERVER }

/** Order of the two blocks: 0 is key then digest, 1 is digest then key. */
export type DigestSchema = 0 | 1

/** Finds the digest in a peer's C1 or S1, trying schema 0 first. Null if neither schema has a valid one. */
export function findDigest(
  packet: Uint8Array,
  { name }: HandshakeKey,
): { schema: DigestSchema; digest: Uint8Array } | null {
  for (const schema of [0, 1] as const) {
    const at = digestOffset(packet, schema)
    const digest = packet.subarray(at, at + DIGEST_BYTES)
    if (digestOf(packet, at, name).every((byte, i) => byte === digest[i])) return { schema, digest }
  }
  return null
}

/** Writes the digest into our own C1 or S1, in place, and returns a view of it. */
export function signPacket(packet: Uint8Array, schema: DigestSchema, { name }: HandshakeKey): Uint8Array {
  const at = digestOffset(packet, schema)
  packet.set(digestOf(packet, at, name), at)
  return packet.subarray(at, at + DIGEST_BYTES)
}

/** Makes C2 or S2 from 1536 random bytes, in place: its last 32 bytes sign the rest with the peer's digest. */
export function signAnswer(packet: Uint8Array, peerDigest: Uint8Array, { full }: HandshakeKey): void {
  const signed = HANDSHAKE_BYTES - DIGEST_BYTES
  packet.set(hmac(hmac(full, [peerDigest]), [packet.subarray(0, signed)]), signed)
}

function digestOffset(packet: Uint8Array, schema: DigestSchema): number {
  const block = 8 + (schema === 0 ? BLOCK_BYTES : 0)
  let sum = 0
  for (let i = 0; i < 4; i++) sum += packet[block + i] ?? 0
  return block + 4 + (sum % DIGEST_PLACES)
}

function digestOf(packet: Uint8Array, at: number, name: Uint8Array): Uint8Array {
  return hmac(name, [packet.subarray(0, at), packet.subarray(at + DIGEST_BYTES)])
}

function hmac(secret: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', secret)
  for (const part of parts) mac.update(part)
  return mac.digest()
}
