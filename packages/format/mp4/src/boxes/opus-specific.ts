import { ByteReader } from '@millrace/bytes'
import { readOpusHead, writeOpusHead } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import { box, fields } from '../box.ts'
import type { Part } from '../box.ts'

/**
 * OpusSpecificBox `dOps` of an OpusHead: the same fields, in the other byte order. Throws FormatError as `readOpusHead`.
 * @see Encapsulation of Opus in ISO Base Media File Format §4.3.2
 */
export function opusSpecificBox(opusHead: Uint8Array): Part {
  const head = readOpusHead(opusHead)
  const content = fields((out) => {
    out.u8(0).u8(head.channels).u16(head.preSkip).u32(head.inputSampleRate)
    out
      .u16(head.outputGain & 0xffff)
      .u8(head.mappingFamily)
      .bytes(head.mapping)
  })
  return box('dOps', content)
}

/** The OpusHead of an OpusSpecificBox. Throws FormatError `MP4_OPUS_VERSION`, `BYTES_SHORT`. */
export function readOpusSpecific(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  const version = reader.u8()
  if (version !== 0) throw new FormatError('MP4_OPUS_VERSION', `dOps version ${version}`)
  const channels = reader.u8()
  const preSkip = reader.u16()
  const inputSampleRate = reader.u32()
  const outputGain = reader.i16()
  const mappingFamily = reader.u8()
  const mapping = mappingFamily === 0 ? new Uint8Array(0) : reader.bytes(2 + channels)
  return writeOpusHead({ channels, preSkip, inputSampleRate, outputGain, mappingFamily, mapping })
}
