import type { SdpCodec } from './description.ts'
import { decimal, splitWord, syntaxError } from './lines.ts'

/** Payload types that mean something without `a=rtpmap`. @see RFC 3551 §6 */
const STATIC_CODECS: Readonly<Record<number, Pick<SdpCodec, 'name' | 'clockRate'>>> = {
  0: { name: 'PCMU', clockRate: 8000 },
  3: { name: 'GSM', clockRate: 8000 },
  4: { name: 'G723', clockRate: 8000 },
  8: { name: 'PCMA', clockRate: 8000 },
  9: { name: 'G722', clockRate: 8000 },
  13: { name: 'CN', clockRate: 8000 },
  14: { name: 'MPA', clockRate: 90_000 },
  18: { name: 'G729', clockRate: 8000 },
  26: { name: 'JPEG', clockRate: 90_000 },
  32: { name: 'MPV', clockRate: 90_000 },
  33: { name: 'MP2T', clockRate: 90_000 },
}

/** Collects what the attributes of a section say of its payload types. */
export class CodecLines {
  readonly #maps = new Map<number, Pick<SdpCodec, 'name' | 'clockRate' | 'channels'>>()
  readonly #fmtps = new Map<number, string>()
  readonly #feedback = new Map<number | '*', string[]>()

  /** `111 opus/48000/2`. Throws ProtocolError `SDP_SYNTAX`. */
  addMap(value: string): void {
    const [type, encoding] = splitWord(value)
    const [name = '', clockRate, channels = '1'] = encoding.split('/')
    if (name === '') throw syntaxError('an encoding without a name', value)
    this.#maps.set(decimal(type, 127, value), {
      name,
      clockRate: decimal(clockRate, 4_294_967_295, value),
      channels: decimal(channels, 255, value),
    })
  }

  /** `111 minptime=10;useinbandfec=1`. Throws ProtocolError `SDP_SYNTAX`. */
  addFmtp(value: string): void {
    const [type, parameters] = splitWord(value)
    this.#fmtps.set(decimal(type, 127, value), parameters)
  }

  /** `96 nack pli`, `* transport-cc`. Throws ProtocolError `SDP_SYNTAX`. */
  addFeedback(value: string): void {
    const [type, feedback] = splitWord(value)
    const key = type === '*' ? '*' : decimal(type, 127, value)
    const list = this.#feedback.get(key)
    if (list) list.push(feedback)
    else this.#feedback.set(key, [feedback])
  }

  /** The codecs of `formats`; one that is neither mapped nor known is left out, and so is a second mention. */
  codecs(formats: readonly string[]): SdpCodec[] {
    const codecs = new Map<number, SdpCodec>()
    const shared = this.#feedback.get('*') ?? []
    for (const format of formats) {
      const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : -1
      const map = this.#maps.get(payloadType) ?? STATIC_CODECS[payloadType]
      if (!map || codecs.has(payloadType)) continue
      codecs.set(payloadType, {
        payloadType,
        channels: 1,
        ...map,
        fmtp: this.#fmtps.get(payloadType) ?? '',
        feedback: [...(this.#feedback.get(payloadType) ?? []), ...shared],
      })
    }
    return [...codecs.values()]
  }
}

/** Format parameters by lower-case name; a parameter without value is empty. @see RFC 8866 §6.15 */
export function parseFmtp(fmtp: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of fmtp.split(';')) {
    const [name, value] = splitOnce(part)
    if (name !== '') parameters.set(name.toLowerCase(), value)
  }
  return parameters
}

function splitOnce(part: string): [name: string, value: string] {
  const equals = part.indexOf('=')
  return equals < 0 ? [part.trim(), ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
}
