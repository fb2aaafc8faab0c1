import { box, fields, fullBox } from '../box.ts'
import type { Part } from '../box.ts'

/** VideoMediaHeaderBox `vmhd` or SoundMediaHeaderBox `smhd`. @see ISO/IEC 14496-12 §12.1.2, §12.2.2 */
export function mediaKindHeaderBox(kind: 'audio' | 'video'): Part {
  return kind === 'video' ? fullBox('vmhd', 0, 1, new Uint8Array(8)) : fullBox('smhd', 0, 0, new Uint8Array(4))
}

/** DataInformationBox `dinf`: the media is in the same file. @see ISO/IEC 14496-12 §8.7 */
export function dataInformationBox(): Part {
  const count = fields((out) => out.u32(1))
  return box('dinf', fullBox('dref', 0, 0, count, fullBox('url ', 0, 1)))
}
