import { ByteReader } from '@millrace/bytes'
import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'

/** What an `esds` says of an elementary stream. */
export interface ElementaryStream {
  /** objectTypeIndication: 0x40 AAC, 0x6b MPEG-1 audio, 0x69 MPEG-2 audio. */
  readonly objectType: number
  /** DecoderSpecificInfo; empty when there is none. */
  readonly config: Uint8Array
}

const ES_DESCRIPTOR = 3
const DECODER_CONFIG = 4
const DECODER_SPECIFIC = 5
const SL_CONFIG = 6
/** streamType audio, upStream 0, reserved 1. */
const AUDIO_STREAM = 0x15

/**
 * ESDBox `esds` of an audio stream; buffer size and bit rates are left untold.
 * @see ISO/IEC 14496-14 §5.6, ISO/IEC 14496-1 §7.2.6
 */
export function elementaryStreamBox({ objectType, config }: ElementaryStream): Part {
  const decoder = fields((out) => {
    out.u8(objectType).u8(AUDIO_STREAM).u24(0).u32(0).u32(0)
    if (config.length > 0) out.bytes(descriptor(DECODER_SPECIFIC, config))
  })
  const stream = fields((out) => {
    out.u16(0).u8(0) // ES_ID, flags
    out.bytes(descriptor(DECODER_CONFIG, decoder)).bytes(descriptor(SL_CONFIG, Uint8Array.of(2)))
  })
  return fullBox('esds', 0, 0, descriptor(ES_DESCRIPTOR, stream))
}

/** Reads an ESDBox; undefined when it describes no stream. Throws FormatError `BYTES_SHORT`. */
export function readElementaryStream(body: Uint8Array): ElementaryStream | undefined {
  const { reader } = readFullBox(body)
  const stream = readDescriptor(reader, ES_DESCRIPTOR)
  if (!stream) return undefined
  stream.skip(2)
  const flags = stream.u8()
  if (flags & 0x80) stream.skip(2) // dependsOn_ES_ID
  if (flags & 0x40) stream.skip(stream.u8()) // URL
  if (flags & 0x20) stream.skip(2) // OCR_ES_ID
  const decoder = readDescriptor(stream, DECODER_CONFIG)
  if (!decoder) return undefined
  const objectType = decoder.u8()
  decoder.skip(12)
  return { objectType, config: readDescriptor(decoder, DECODER_SPECIFIC)?.rest() ?? new Uint8Array(0) }
}

/** Tag, length in 7-bit groups, content. @see ISO/IEC 14496-1 §8.3.3 */
function descriptor(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  return fields((out) => {
    out.u8(tag)
    for (const shift of [21, 14, 7]) out.u8(0x80 | ((length >> shift) & 0x7f))
    out.u8(length & 0x7f).bytes(content)
  })
}

/** The content of the first descriptor with this tag; those before it are skipped. */
function readDescriptor(reader: ByteReader, wanted: number): ByteReader | undefined {
  while (reader.remaining > 0) {
    const tag = reader.u8()
    let length = 0
    for (let i = 0; i < 4; i++) {
      const byte = reader.u8()
      length = (length << 7) | (byte & 0x7f)
      if ((byte & 0x80) === 0) break
    }
    const content = reader.bytes(length)
    if (tag === wanted) return new ByteReader(content)
  }
  return undefined
}
