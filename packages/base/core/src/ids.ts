const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A sortable id: `prefix_` and 26 characters of Crockford base32, 48 bits of wall time in milliseconds
 * and 80 bits of randomness (a ULID in lower case).
 *
 * @param wallMs milliseconds since the epoch
 * @param random 10 random bytes
 */
export function sortableId(prefix: string, wallMs: number, random: Uint8Array): string {
  let time = ''
  for (let left = wallMs, i = 0; i < 10; i++, left = Math.floor(left / 32)) time = ALPHABET[left % 32] + time
  let tail = ''
  let bits = 0
  let pending = 0
  for (const byte of random.subarray(0, 10)) {
    pending = (pending << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      tail += ALPHABET[(pending >>> bits) & 31]
    }
    pending &= (1 << bits) - 1
  }
  return `${prefix}_${time}${tail}`
}
