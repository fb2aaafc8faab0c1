import type { MediaDescription } from './description.ts'

/** One of a publisher's encodings of the same source. */
export interface Encoding {
  /** Its `a=rid`; empty without. */
  readonly rid: string
  /** As the offer tells; null when only its packets will. */
  readonly ssrc: number | null
  /** Of its retransmissions. */
  readonly rtxSsrc: number | null
}

/** The encodings that a section offers to send, in its order, of those that may use `payloadType`. At least one. */
export function offeredEncodings(
  media: MediaDescription,
  payloadType: number,
  hasRid: boolean,
  maxEncodings: number,
): Encoding[] {
  const byRid = hasRid ? simulcastRids(media, payloadType) : []
  if (byRid.length > 0) return byRid.slice(0, maxEncodings).map((rid) => ({ rid, ssrc: null, rtxSsrc: null }))
  const rtxOf = new Map<number, number>()
  let primaries: readonly number[] = []
  for (const { semantics, ssrcs } of media.sourceGroups) {
    const [primary, rtx] = ssrcs
    if (semantics === 'FID' && primary !== undefined && rtx !== undefined) rtxOf.set(primary, rtx)
    // how simulcast was written before there were rids
    if (semantics === 'SIM' && primaries.length === 0) primaries = ssrcs
  }
  if (primaries.length === 0) primaries = media.sources.slice(0, 1).map(({ ssrc }) => ssrc)
  const encodings = primaries
    .slice(0, maxEncodings)
    .map((ssrc) => ({ rid: '', ssrc, rtxSsrc: rtxOf.get(ssrc) ?? null }))
  return encodings.length > 0 ? encodings : [{ rid: '', ssrc: null, rtxSsrc: null }]
}

/** @see RFC 8853 §5.3 */
function simulcastRids({ simulcast, rids }: MediaDescription, payloadType: number): string[] {
  const usable = new Set(
    rids
      .filter(
        ({ direction, payloadTypes: types }) =>
          direction === 'send' && (types.length === 0 || types.includes(payloadType)),
      )
      .map(({ id }) => id),
  )
  const chosen = (simulcast?.send ?? []).flatMap((stream) => stream.rids.find((rid) => usable.has(rid)) ?? [])
  return [...new Set(chosen)]
}
