/** First and last byte of a part, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * The part a Range header asks for of `sizeBytes`. Undefined when the whole is to be sent: no header, several ranges, another
 * unit, no valid syntax; `unsatisfiable` when the part lies behind the end.
 * @see RFC 9110 §14.2
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || match[0] === 'bytes=-') return undefined
  const [, from = '', to = ''] = match
  if (from === '') {
    const suffixBytes = Math.min(Number(to), sizeBytes)
    return suffixBytes === 0 ? 'unsatisfiable' : { first: sizeBytes - suffixBytes, last: sizeBytes - 1 }
  }
  const first = Number(from)
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (to !== '' && Number(to) < first) return undefined
  return first < sizeBytes ? { first, last } : 'unsatisfiable'
}
