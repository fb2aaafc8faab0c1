import { fields, fourCc, fullBox, readFourCc, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'

const TYPES = { video: 'vide', audio: 'soun' } as const
const NAMES = { video: 'VideoHandler\0', audio: 'SoundHandler\0' } as const

/**
 * HandlerBox `hdlr`.
 * @see ISO/IEC 14496-12 §8.4.3
 */
export function handlerBox(kind: 'audio' | 'video'): Part {
  const content = fields((out) => out.u32(0).bytes(fourCc(TYPES[kind])).bytes(new Uint8Array(12)))
  return fullBox('hdlr', 0, 0, content, fourCc(NAMES[kind]))
}

/** What a track holds; undefined for anything but video and audio. Throws FormatError `BYTES_SHORT`. */
export function readHandlerKind(body: Uint8Array): 'audio' | 'video' | undefined {
  const { reader } = readFullBox(body)
  reader.skip(4)
  const type = readFourCc(reader)
  return type === TYPES.video ? 'video' : type === TYPES.audio ? 'audio' : undefined
}
