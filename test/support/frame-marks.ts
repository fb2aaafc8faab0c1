/** Numbers in coded frames, which tell afterwards which of them have arrived, wherever they were packed. */
import { type FlvTag, isCodedVideo, TAG_VIDEO } from './flv-file.ts'

/** Also a UUID, of user data in H.264. */
const MARK = Buffer.from('millrace-counter', 'latin1')
const DIGITS = 8
const MARK_BYTES = MARK.length + DIGITS

const SEI = 6
const FILLER = 12
const FILLER_BYTE = 0xff
const SEI_USER_DATA_UNREGISTERED = 5
const RBSP_STOP = 0x80
/** ID_DSE, element_instance_tag 0, not aligned: with the count these are two bytes, so that what follows stays on bytes. */
const DATA_STREAM_ELEMENT = 0x80
const AVC_HEADER_BYTES = 5
const AAC_HEADER_BYTES = 2

/** Whether a tag carries a picture of H.264 or a frame of AAC, and not what decoders are set up with. */
export function isFrame({ type, body }: FlvTag): boolean {
  return type === TAG_VIDEO ? isCodedVideo(body) : body[1] === 1
}

/**
 * The body of an H.264 or AAC tag with a number in its frame: as user data (SEI), or as a data stream element; decoders skip both.
 * Pictures are made so many bytes larger.
 * @see ITU-T H.264 §D.1.7, §7.3.2.7, ISO/IEC 14496-3 §4.4.2.1
 */
export function marked({ type, body }: FlvTag, number: number, paddingBytes = 0): Buffer {
  const mark = Buffer.concat([MARK, Buffer.from(number.toString(16).padStart(DIGITS, '0'), 'latin1')])
  if (type !== TAG_VIDEO) {
    const element = Buffer.concat([Buffer.from([DATA_STREAM_ELEMENT, MARK_BYTES]), mark])
    return Buffer.concat([body.subarray(0, AAC_HEADER_BYTES), element, body.subarray(AAC_HEADER_BYTES)])
  }
  const unit = Buffer.concat([
    Buffer.from([SEI, SEI_USER_DATA_UNREGISTERED, MARK_BYTES]),
    mark,
    Buffer.from([RBSP_STOP]),
  ])
  const filler = Buffer.concat([
    Buffer.from([FILLER]),
    Buffer.alloc(paddingBytes, FILLER_BYTE),
    Buffer.from([RBSP_STOP]),
  ])
  const units = [withLength(unit), body.subarray(AVC_HEADER_BYTES), ...(paddingBytes > 0 ? [withLength(filler)] : [])]
  return Buffer.concat([body.subarray(0, AVC_HEADER_BYTES), ...units])
}

function withLength(unit: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(unit.length)
  return Buffer.concat([length, unit])
}

/** The numbers of the frames in a demultiplexed stream, in order. */
export function marksOf(bytes: Buffer): number[] {
  const numbers: number[] = []
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + MARK_BYTES)) {
    numbers.push(Number.parseInt(bytes.toString('latin1', at + MARK.length, at + MARK_BYTES), 16))
  }
  return numbers
}
