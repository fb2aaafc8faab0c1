import { ProtocolError } from '@millrace/core'

import type { IceCredentials } from './description.ts'
import { readSections, type SdpLimits } from './lines.ts'
import { Section } from './section.ts'
import { joinLines } from './write.ts'

/** Candidates of one media section. */
export interface FragmentMedia {
  readonly mid: string
  /** Values of `a=candidate`. */
  readonly candidates: readonly string[]
  readonly endOfCandidates: boolean
}

/** What `application/trickle-ice-sdpfrag` carries: candidates, or new credentials to restart ICE. @see RFC 8840 §9 */
export interface TrickleFragment {
  readonly ice: IceCredentials | null
  readonly media: readonly FragmentMedia[]
}

/** Throws ProtocolError `SDP_SYNTAX`, or `SDP_TOO_LARGE` beyond `limits`. */
export function parseFragment(text: string, limits: Partial<SdpLimits> = {}): TrickleFragment {
  const lines = readSections(text, limits)
  const session = new Section(lines.session)
  const sections = lines.media.map((one) => new Section(one))
  const media = [session, ...sections].flatMap(({ mid, candidates, flags }): FragmentMedia[] => {
    if (mid === null && candidates.length > 0) throw new ProtocolError('SDP_SYNTAX', 'candidates of no mid')
    return mid === null ? [] : [{ mid, candidates, endOfCandidates: flags.has('end-of-candidates') }]
  })
  const ice = [session, ...sections].map((section) => section.ice()).find((one) => one !== null)
  return { ice: ice ?? null, media }
}

/** Our half of an ICE restart: credentials, and all candidates that there will be. @see RFC 9725 §4.3.3 */
export function writeFragment(ice: IceCredentials, mid: string, candidates: readonly string[]): string {
  return joinLines([
    'a=ice-lite',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    `a=mid:${mid}`,
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    'a=end-of-candidates',
  ])
}
