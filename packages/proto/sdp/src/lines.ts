import { ProtocolError } from '@millrace/core'

/** Bounds of what is read of a description. */
export interface SdpLimits {
  /** Characters of the whole text; default 131,072. */
  readonly maxChars: number
  /** Default 4,000. */
  readonly maxLines: number
  /** Default 8,192. */
  readonly maxLineChars: number
  /** `m=` sections; default 64. */
  readonly maxMedia: number
}

const DEFAULT_SDP_LIMITS: SdpLimits = { maxChars: 131_072, maxLines: 4_000, maxLineChars: 8_192, maxMedia: 64 }

/** `type=value`. */
export interface SdpLine {
  readonly type: string
  readonly value: string
}

/** The lines before the first `m=`, and those of each `m=` section, its `m=` line first. */
export interface SdpSections {
  readonly session: readonly SdpLine[]
  readonly media: readonly (readonly SdpLine[])[]
}

/** The error of a text that is not what it should be; `line` is shortened. */
export function syntaxError(why: string, line: string): ProtocolError {
  return new ProtocolError('SDP_SYNTAX', `${why} in SDP: ${JSON.stringify(line.slice(0, 120))}`, {
    details: { line: line.slice(0, 120) },
  })
}

/**
 * Cuts a text into its sections. Lines end in CR LF, or LF alone as many write them; empty ones are skipped.
 * Throws ProtocolError `SDP_TOO_LARGE`, `SDP_SYNTAX`.
 */
export function readSections(text: string, limits: Partial<SdpLimits> = {}): SdpSections {
  const { maxChars, maxLines, maxLineChars, maxMedia } = { ...DEFAULT_SDP_LIMITS, ...limits }
  if (text.length > maxChars) throw tooLarge('characters', maxChars)
  const rows = text.split('\n', maxLines + 1)
  if (rows.length > maxLines) throw tooLarge('lines', maxLines)
  const session: SdpLine[] = []
  const media: SdpLine[][] = []
  let section = session
  for (const row of rows) {
    const line = row.trim()
    if (line === '') continue
    if (line.length > maxLineChars) throw tooLarge('characters in a line', maxLineChars)
    if (line[1] !== '=') throw syntaxError('a line without a type', line)
    const type = line.slice(0, 1)
    if (type === 'm') {
      if (media.length === maxMedia) throw tooLarge('media', maxMedia)
      section = []
      media.push(section)
    }
    section.push({ type, value: line.slice(2).trim() })
  }
  return { session, media }
}

function tooLarge(what: string, limit: number): ProtocolError {
  return new ProtocolError('SDP_TOO_LARGE', `more than ${limit} ${what} in SDP`, { details: { what, limit } })
}

/** Name and value of an `a=` line. */
export function splitAttribute(value: string): { name: string; value: string } {
  const colon = value.indexOf(':')
  return colon < 0 ? { name: value, value: '' } : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() }
}

/** The words of a value. */
export function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== '')
}

/** The first word, and all after it. */
export function splitWord(value: string): [word: string, rest: string] {
  const end = value.search(/\s/)
  return end < 0 ? [value, ''] : [value.slice(0, end), value.slice(end).trim()]
}

/** A decimal number of at most `max`. Throws ProtocolError `SDP_SYNTAX`. */
export function decimal(text: string | undefined, max: number, line: string): number {
  const value = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw syntaxError(`no number up to ${max}`, line)
  return value
}
