import { ByteWriter } from '@millrace/bytes'

import { writeBox } from './box.ts'

/** All fragments are in one segment, as SRS has them. */
export const SEGMENT = 1

/** What players add to the media's URL to ask for a fragment. @see F4M 1.01 §7 "url" */
export function fragmentName(number: number): string {
  return `Seg${SEGMENT}-Frag${number}`
}

/**
 * A fragment: one `mdat` of FLV tags.
 *
 * @param tags whole ones, each with its PreviousTagSize; together less than 4 GiB
 * @see F4V 10.1 §F.2, "F4V fragment format"
 */
export function writeFragment(tags: readonly Uint8Array[]): Uint8Array {
  const out = new ByteWriter(8 + tags.reduce((sum, { length }) => sum + length, 0))
  writeBox(out, 'mdat', tags)
  return out.finish()
}
