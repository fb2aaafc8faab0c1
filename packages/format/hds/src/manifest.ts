import { InvariantError } from '@millrace/core'

/** A live manifest of one stream in one quality. URLs are relative to that of the manifest. */
export interface F4m {
  readonly id: string
  /** Of the bootstrap information, which players ask for again and again. */
  readonly bootstrapUrl: string
  /** What the names of fragments are added to. */
  readonly mediaUrl: string
}

/**
 * Text of a live manifest whose bootstrap information is a file of its own, LF line ends.
 *
 * Throws InvariantError `HDS_BAD_TEXT` for a text that XML cannot have.
 * @see Flash Media Manifest (F4M) File Format Specification 1.01
 */
export function writeF4m({ id, bootstrapUrl, mediaUrl }: F4m): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns="http://ns.adobe.com/f4m/1.0">
\t<id>${escaped(id)}</id>
\t<streamType>live</streamType>
\t<deliveryType>streaming</deliveryType>
\t<bootstrapInfo profile="named" url="${escaped(bootstrapUrl)}" id="bootstrap0" />
\t<media bitrate="0" url="${escaped(mediaUrl)}" bootstrapInfoId="bootstrap0"></media>
</manifest>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** @see XML 1.0 §2.2; tabs and line ends are refused too, of which parsers would make spaces */
const FORBIDDEN = /[^\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

function escaped(text: string): string {
  if (FORBIDDEN.test(text)) throw new InvariantError('HDS_BAD_TEXT', `XML cannot have ${JSON.stringify(text)}`)
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
