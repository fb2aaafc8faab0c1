import type { SdpOrigin, SessionDescription } from './description.ts'
import { readSections, type SdpLimits, syntaxError, words } from './lines.ts'
import { mediaDescription, Section } from './section.ts'

/**
 * Reads a session description. What SDP allows and nobody here needs (times, bandwidths, keys) is skipped; attributes without
 * a field of their own are kept. Throws ProtocolError `SDP_SYNTAX`, or `SDP_TOO_LARGE` beyond `limits`. @see RFC 8866 §5
 */
export function parseSdp(text: string, limits: Partial<SdpLimits> = {}): SessionDescription {
  const sections = readSections(text, limits)
  const [first] = sections.session
  if (first?.type !== 'v' || first.value !== '0') throw syntaxError('no v=0 first', text)
  const session = new Section(sections.session)
  const line = (type: string): string => sections.session.find((one) => one.type === type)?.value ?? ''
  return {
    origin: parseOrigin(line('o')),
    name: line('s'),
    groups: session.groups,
    iceLite: session.flags.has('ice-lite'),
    attributes: session.attributes,
    media: sections.media.map((lines) => mediaDescription(lines, session)),
  }
}

/** `- 4043767372825890403 2 IN IP4 127.0.0.1`; parts that are missing get what means nothing. */
function parseOrigin(value: string): SdpOrigin {
  const [username = '-', sessionId = '0', sessionVersion = '0', , , address = '0.0.0.0'] = words(value)
  return { username, sessionId, sessionVersion, address }
}
