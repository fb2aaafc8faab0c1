import type { SdpAttribute, SdpRid, SdpSource, SdpSourceGroup, Simulcast, SimulcastStream } from './description.ts'
import { decimal, splitAttribute, splitWord, syntaxError, words } from './lines.ts'

const MAX_SSRC = 4_294_967_295

/** Collects `a=ssrc` lines. */
export class SourceLines {
  readonly #sources = new Map<number, SdpAttribute[]>()

  /** `1234 cname:name`. Throws ProtocolError `SDP_SYNTAX`. */
  add(value: string): void {
    const [ssrc, attribute] = splitWord(value)
    const key = decimal(ssrc, MAX_SSRC, value)
    const list = this.#sources.get(key) ?? []
    this.#sources.set(key, list)
    if (attribute !== '') list.push(splitAttribute(attribute))
  }

  sources(): SdpSource[] {
    return Array.from(this.#sources, ([ssrc, attributes]) => ({ ssrc, attributes }))
  }
}

/** Value of `a=ssrc-group`. Throws ProtocolError `SDP_SYNTAX`. */
export function parseSourceGroup(value: string): SdpSourceGroup {
  const [semantics = '', ...ssrcs] = words(value)
  return { semantics, ssrcs: ssrcs.map((ssrc) => decimal(ssrc, MAX_SSRC, value)) }
}

/** Value of `a=rid`. Throws ProtocolError `SDP_SYNTAX`. @see RFC 8851 §4 */
export function parseRid(value: string): SdpRid {
  const [id, rest] = splitWord(value)
  const [direction, parameters] = splitWord(rest)
  if (!/^[\w-]{1,255}$/.test(id)) throw syntaxError('no rid', value)
  if (direction !== 'send' && direction !== 'recv') throw syntaxError('no direction of a rid', value)
  const parts = parameters.split(';').map((part) => part.trim())
  const types = parts.find((part) => part.startsWith('pt='))
  return {
    id,
    direction,
    payloadTypes:
      types === undefined
        ? []
        : types
            .slice(3)
            .split(',')
            .map((type) => decimal(type.trim(), 127, value)),
    restrictions: parts.filter((part) => part !== '' && part !== types).join(';'),
  }
}

/** Value of `a=simulcast`. Throws ProtocolError `SDP_SYNTAX`. @see RFC 8853 §5.1 */
export function parseSimulcast(value: string): Simulcast {
  const parts = words(value)
  const simulcast: Record<'send' | 'recv', SimulcastStream[]> = { send: [], recv: [] }
  for (let i = 0; i < parts.length; i += 2) {
    const direction = parts[i]
    const list = parts[i + 1]
    if ((direction !== 'send' && direction !== 'recv') || list === undefined) throw syntaxError('no simulcast', value)
    simulcast[direction] = list.split(';').map(parseStream)
  }
  return simulcast
}

function parseStream(text: string): SimulcastStream {
  const rids = text.split(',')
  return { rids: rids.map((rid) => rid.replace(/^~/, '')), paused: rids.every((rid) => rid.startsWith('~')) }
}
