/** What a datagram of a peer's one port is. */
export type DatagramKind = 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'unknown'

/**
 * Tells by its first bytes what a datagram is; those too short for it are `unknown`, as are ZRTP and TURN channels.
 *
 * @see RFC 7983 §7, RFC 5761 §4
 */
export function classify(datagram: Uint8Array): DatagramKind {
  const length = datagram.length
  const first = datagram[0] ?? 0xff
  if (first < 4) return length >= 20 && hasMagicCookie(datagram) ? 'stun' : 'unknown'
  if (first >= 20 && first < 64) return length >= 13 ? 'dtls' : 'unknown'
  if (first < 128 || first >= 192) return 'unknown'
  const second = datagram[1] ?? 0
  if (second >= 192 && second < 224) return length >= 8 ? 'rtcp' : 'unknown'
  return length >= 12 ? 'rtp' : 'unknown'
}

/** @see RFC 8489 §5 */
function hasMagicCookie(datagram: Uint8Array): boolean {
  return datagram[4] === 0x21 && datagram[5] === 0x12 && datagram[6] === 0xa4 && datagram[7] === 0x42
}
