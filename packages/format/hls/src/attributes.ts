import { FormatError } from '@millrace/core'

/**
 * Reads an attribute list, `NAME=value,NAME="value"`; quotes are taken off. A name that comes twice keeps its first value.
 * Throws FormatError `HLS_BAD_TAG`.
 * @see RFC 8216 §4.2
 */
export function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  const pattern = /\s*([A-Z0-9-]+)\s*=\s*(?:"([^"]*)"|([^",\s]*))\s*(,|$)/y
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (!match) throw new FormatError('HLS_BAD_TAG', `attribute list broken at character ${at}`)
    const [, name = '', quoted, plain = ''] = match
    if (!attributes.has(name)) attributes.set(name, quoted ?? plain)
  }
  return attributes
}
