import { equalBytes } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Parameter sets of one type that are kept; the oldest goes when there are more. */
const MAX_SETS = 32
/** Bytes of one parameter set. */
const MAX_SET_BYTES = 4096

/** The parameter sets of one type that a stream has sent, by their ids. */
export class ParameterSets {
  readonly #idOf: (nalu: Uint8Array) => number
  readonly #sets = new Map<number, Uint8Array>()

  constructor(idOf: (nalu: Uint8Array) => number) {
    this.#idOf = idOf
  }

  get all(): Uint8Array[] {
    return [...this.#sets.values()]
  }

  get(id: number): Uint8Array | undefined {
    return this.#sets.get(id)
  }

  /**
   * Takes a copy of a parameter set; says whether it is new or differs from the one before.
   * Throws FormatError `RTP_PARAMETER_SET` when it is longer than 4096 bytes, and as its reader does.
   */
  put(nalu: Uint8Array): boolean {
    if (nalu.length > MAX_SET_BYTES) throw new FormatError('RTP_PARAMETER_SET', `${nalu.length} bytes`)
    const id = this.#idOf(nalu)
    const former = this.#sets.get(id)
    if (former && equalBytes(former, nalu)) return false
    this.#sets.set(id, nalu.slice())
    const [oldest] = this.#sets.keys()
    if (this.#sets.size > MAX_SETS && oldest !== undefined) this.#sets.delete(oldest)
    return true
  }

  clear(): void {
    this.#sets.clear()
  }
}

/** The NAL units of a list in base64, as format parameters have them; what can't be read is left out. */
export function readParameterSetList(list: string | undefined): Uint8Array[] {
  const nalus: Uint8Array[] = []
  for (const text of (list ?? '').split(',')) {
    const nalu = decodeBase64(text)
    if (nalu.length > 0) nalus.push(nalu)
  }
  return nalus
}

/** Runs `take` for what a description offers: what can't be read there comes in the stream, or not at all. */
export function optional(take: () => void): void {
  try {
    take()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}
