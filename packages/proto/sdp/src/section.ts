import { CodecLines } from './codec-lines.ts'
import type {
  DtlsSetup,
  Fingerprint,
  HeaderExtension,
  IceCredentials,
  MediaDescription,
  MediaDirection,
  MediaGroup,
  Msid,
  SdpAttribute,
  SdpRid,
  SdpSourceGroup,
  Simulcast,
} from './description.ts'
import { decimal, type SdpLine, splitAttribute, splitWord, syntaxError, words } from './lines.ts'
import { parseRid, parseSimulcast, parseSourceGroup, SourceLines } from './source-lines.ts'
import { iceCredentials, isDirection, parseFingerprint, parseSetup } from './transport-lines.ts'

/** What the lines of one section say, session or media. */
export class Section {
  readonly codecs = new CodecLines()
  readonly sources = new SourceLines()
  readonly groups: MediaGroup[] = []
  readonly fingerprints: Fingerprint[] = []
  readonly extensions: HeaderExtension[] = []
  readonly msids: Msid[] = []
  readonly sourceGroups: SdpSourceGroup[] = []
  readonly rids: SdpRid[] = []
  readonly candidates: string[] = []
  readonly attributes: SdpAttribute[] = []
  readonly flags = new Set<string>()
  iceOptions: string[] | null = null
  address: string | null = null
  mid: string | null = null
  direction: MediaDirection | null = null
  setup: DtlsSetup | null = null
  simulcast: Simulcast | null = null
  #ufrag: string | null = null
  #pwd: string | null = null

  /** Throws ProtocolError `SDP_SYNTAX`. */
  constructor(lines: readonly SdpLine[]) {
    for (const { type, value } of lines) {
      if (type === 'a') this.#addAttribute(value)
      // c=IN IP4 192.0.2.1/127
      else if (type === 'c') this.address = words(value)[2]?.split('/')[0] ?? null
    }
  }

  /** Throws ProtocolError `SDP_SYNTAX` when there is only half of them. */
  ice(): IceCredentials | null {
    return iceCredentials(this.#ufrag, this.#pwd)
  }

  #addAttribute(line: string): void {
    const { name, value } = splitAttribute(line)
    if (this.#addTransport(name, value) || this.#addMedia(name, value)) return
    if (FLAGS.has(name)) this.flags.add(name)
    else if (isDirection(name)) this.direction = name
    else this.attributes.push({ name, value })
  }

  #addTransport(name: string, value: string): boolean {
    switch (name) {
      case 'ice-ufrag':
        this.#ufrag = value
        return true
      case 'ice-pwd':
        this.#pwd = value
        return true
      case 'ice-options':
        this.iceOptions = words(value.replaceAll(',', ' '))
        return true
      case 'fingerprint':
        this.fingerprints.push(parseFingerprint(value))
        return true
      case 'setup':
        this.setup = parseSetup(value)
        return true
      case 'candidate':
        this.candidates.push(value)
        return true
      case 'group':
        this.groups.push(parseGroup(value))
        return true
      default:
        return false
    }
  }

  #addMedia(name: string, value: string): boolean {
    switch (name) {
      case 'mid':
        this.mid = splitWord(value)[0]
        return true
      case 'rtpmap':
        this.codecs.addMap(value)
        return true
      case 'fmtp':
        // other formats than payload types have parameters too
        if (!/^\d/.test(value)) return false
        this.codecs.addFmtp(value)
        return true
      case 'rtcp-fb':
        this.codecs.addFeedback(value)
        return true
      case 'extmap':
        this.extensions.push(parseExtension(value))
        return true
      case 'msid':
        this.msids.push(parseMsid(value))
        return true
      case 'ssrc':
        this.sources.add(value)
        return true
      case 'ssrc-group':
        this.sourceGroups.push(parseSourceGroup(value))
        return true
      case 'rid':
        this.rids.push(parseRid(value))
        return true
      case 'simulcast':
        this.simulcast = parseSimulcast(value)
        return true
      default:
        return false
    }
  }
}

const FLAGS: ReadonlySet<string> = new Set(['rtcp-mux', 'rtcp-rsize', 'bundle-only', 'end-of-candidates', 'ice-lite'])

/** The section of an `m=` line, with what the session says for all. Throws ProtocolError `SDP_SYNTAX`. */
export function mediaDescription(lines: readonly SdpLine[], session: Section): MediaDescription {
  const head = lines[0]?.value ?? ''
  const [kind = '', portText, protocol = '', ...formats] = words(head)
  if (protocol === '') throw syntaxError('no protocol of media', head)
  const section = new Section(lines)
  return {
    kind,
    // a number of ports may follow
    port: decimal(portText?.split('/')[0], 65_535, head),
    protocol,
    formats,
    address: section.address ?? session.address,
    mid: section.mid,
    direction: section.direction ?? session.direction ?? 'sendrecv',
    ice: section.ice() ?? session.ice(),
    iceOptions: section.iceOptions ?? session.iceOptions ?? [],
    fingerprints: section.fingerprints.length > 0 ? section.fingerprints : session.fingerprints,
    setup: section.setup ?? session.setup,
    rtcpMux: section.flags.has('rtcp-mux'),
    rtcpRsize: section.flags.has('rtcp-rsize'),
    bundleOnly: section.flags.has('bundle-only'),
    codecs: section.codecs.codecs(formats),
    extensions: [...section.extensions, ...session.extensions],
    msids: section.msids,
    sources: section.sources.sources(),
    sourceGroups: section.sourceGroups,
    rids: section.rids,
    simulcast: section.simulcast,
    candidates: section.candidates,
    endOfCandidates: section.flags.has('end-of-candidates'),
    attributes: section.attributes,
  }
}

/** `BUNDLE 0 1` */
function parseGroup(value: string): MediaGroup {
  const [semantics = '', ...mids] = words(value)
  return { semantics, mids }
}

/** `3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid`. @see RFC 8285 §5 */
function parseExtension(value: string): HeaderExtension {
  const [head, rest] = splitWord(value)
  const [id, direction = 'sendrecv'] = head.split('/')
  const [uri] = splitWord(rest)
  if (uri === '' || !isDirection(direction)) throw syntaxError('no header extension', value)
  return { id: decimal(id, 65_535, value), uri, direction }
}

function parseMsid(value: string): Msid {
  const [stream = '-', track = ''] = words(value)
  return { stream, track }
}
