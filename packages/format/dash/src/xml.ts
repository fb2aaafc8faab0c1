import { InvariantError } from '@millrace/core'

/** An element's attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** Lines of an element with others in it, each two spaces further in. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string[] {
  const start = `<${name}${attributesText(attributes)}`
  return children.length === 0 ? [`${start}/>`] : [`${start}>`, ...children.map((line) => `  ${line}`), `</${name}>`]
}

/** Line of an element with a text in it. Throws InvariantError `DASH_BAD_TEXT`. */
export function textElement(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`
}

function attributesText(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(String(value))}"`))
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // parsers would make spaces of them
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** @see XML 1.0 §2.2: characters that a document cannot have, not even as references */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

function escaped(text: string): string {
  if (FORBIDDEN.test(text)) throw new InvariantError('DASH_BAD_TEXT', `XML cannot have ${JSON.stringify(text)}`)
  return text.replaceAll(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? character)
}
