import type { HeaderExtension, MediaDescription, MediaDirection } from './description.ts'

/** Names of the RTP header extensions that are of use here. @see RFC 8285 §5 */
export const RTP_EXTENSIONS = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  transportCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  videoOrientation: 'urn:3gpp:video-orientation',
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
} as const

const REVERSED: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
}

/** Of players nobody wants to know which of a publisher's encodings it was. */
const OF_PUBLISHERS: ReadonlySet<string> = new Set([RTP_EXTENSIONS.rid, RTP_EXTENSIONS.repairedRid])

/**
 * The offered extensions that are wanted and flow the right way, as they stand in an answer.
 *
 * @param ids what each id means in the sections before, and from now on in this one: it must be the same in a whole bundle
 */
export function keepExtensions(
  offered: readonly HeaderExtension[],
  wanted: readonly string[],
  role: 'publish' | 'play',
  ids: Map<number, string>,
): HeaderExtension[] {
  const oneWay = role === 'publish' ? 'sendonly' : 'recvonly'
  const kept: HeaderExtension[] = []
  for (const { id, uri, direction } of offered) {
    if (!wanted.includes(uri) || (role === 'play' && OF_PUBLISHERS.has(uri))) continue
    if (direction !== 'sendrecv' && direction !== oneWay) continue
    // 1 to 14 have room in either form of header, larger ones in the long form, and 15 is none
    if (id < 1 || id > 255 || id === 15 || (ids.get(id) ?? uri) !== uri) continue
    if (kept.some((other) => other.uri === uri || other.id === id)) continue
    ids.set(id, uri)
    kept.push({ id, uri, direction: REVERSED[direction] })
  }
  return kept
}

/** The id of an extension, or undefined. */
export function extensionId({ extensions }: Pick<MediaDescription, 'extensions'>, uri: string): number | undefined {
  return extensions.find((extension) => extension.uri === uri)?.id
}
