import { FormatError } from '@millrace/core'
import { box, fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'
import { needs64Bits } from './common.ts'

/** A stretch of the movie's timeline. */
export interface Edit {
  /** In ticks of the movie. */
  readonly durationTicks: number
  /** Composition time it begins with, in ticks of the track; null when nothing is presented. */
  readonly mediaTicks: number | null
}

const MAX_EDITS = 1024

/**
 * EditBox `edts` with its EditListBox `elst`.
 * @see ISO/IEC 14496-12 §8.6.5, §8.6.6
 */
export function editBox(edits: readonly Edit[]): Part {
  const wide = edits.some(({ durationTicks, mediaTicks }) =>
    needs64Bits(Math.max(durationTicks, (mediaTicks ?? 0) * 2)),
  )
  const content = fields((out) => {
    out.u32(edits.length)
    for (const { durationTicks, mediaTicks } of edits) {
      if (wide) out.u53(durationTicks)
      else out.u32(durationTicks)
      if (mediaTicks === null) out.bytes(new Uint8Array(wide ? 8 : 4).fill(0xff))
      else if (wide) out.u53(mediaTicks)
      else out.u32(mediaTicks)
      out.u16(1).u16(0) // media_rate
    }
  })
  return box('edts', fullBox('elst', wide ? 1 : 0, 0, content))
}

/** Reads an EditListBox. Throws FormatError `MP4_EDIT_COUNT`, `BYTES_SHORT`, `BYTES_RANGE`. */
export function readEditList(body: Uint8Array): Edit[] {
  const { version, reader } = readFullBox(body)
  const count = reader.u32()
  if (count > MAX_EDITS) throw new FormatError('MP4_EDIT_COUNT', `${count} edits`)
  return Array.from({ length: count }, () => {
    const durationTicks = version === 1 ? reader.u53() : reader.u32()
    const high = version === 1 ? reader.i32() : 0
    const low = version === 1 ? reader.u32() : reader.i32()
    reader.skip(4)
    return { durationTicks, mediaTicks: high < 0 || low < 0 ? null : high * 2 ** 32 + low }
  })
}
