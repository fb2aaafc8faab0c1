/** A plain reader and writer of FLV files, independent of the code under test. @see Adobe FLV 10.1 §E */
import { SupportError } from './errors.ts'

export const TAG_AUDIO = 8
export const TAG_VIDEO = 9

export interface FlvTag {
  readonly type: number
  readonly timestampMs: number
  readonly body: Uint8Array
}

export const FLV_FILE_HEADER_BYTES = 13
const TAG_HEADER_BYTES = 11
const TAG_TRAILER_BYTES = 4

/** The tag that begins at `at`, and where it ends; undefined if it is not all there. */
export function flvTagAt(bytes: Buffer, at: number): { tag: FlvTag; end: number } | undefined {
  if (at + TAG_HEADER_BYTES > bytes.length) return undefined
  const from = at + TAG_HEADER_BYTES
  const to = from + bytes.readUIntBE(at + 1, 3)
  const end = to + TAG_TRAILER_BYTES
  if (end > bytes.length) return undefined
  const timestampMs = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 2 ** 24
  return { tag: { type: bytes.readUInt8(at) & 0x1f, timestampMs, body: bytes.subarray(from, to) }, end }
}

/** The tags of a whole FLV file. Throws `SUPPORT_FLV`. */
export function readFlv(bytes: Buffer): FlvTag[] {
  if (bytes.toString('latin1', 0, 3) !== 'FLV') throw new SupportError('SUPPORT_FLV', 'no FLV signature')
  const tags: FlvTag[] = []
  let next = flvTagAt(bytes, FLV_FILE_HEADER_BYTES)
  for (; next; next = flvTagAt(bytes, next.end)) tags.push(next.tag)
  return tags
}

/** The file header, with the flags of the tracks that are there, and the zero that follows it. */
export function flvHeader(tags: readonly FlvTag[]): Buffer {
  const has = (type: number): boolean => tags.some((tag) => tag.type === type)
  const flags = (has(TAG_AUDIO) ? 4 : 0) | (has(TAG_VIDEO) ? 1 : 0)
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
}

/** One tag with its header and the size that follows it. */
export function flvTag({ type, timestampMs, body }: FlvTag): Buffer {
  const header = Buffer.alloc(TAG_HEADER_BYTES)
  header.writeUInt8(type, 0)
  header.writeUIntBE(body.length, 1, 3)
  header.writeUIntBE(timestampMs & 0xffffff, 4, 3)
  header.writeUInt8((timestampMs >>> 24) & 0xff, 7)
  const trailer = Buffer.alloc(4)
  trailer.writeUInt32BE(TAG_HEADER_BYTES + body.length)
  return Buffer.concat([header, body, trailer])
}

export const writeFlv = (tags: readonly FlvTag[]): Buffer => Buffer.concat([flvHeader(tags), ...tags.map(flvTag)])

/** Whether a video tag carries a picture, and not a decoder configuration or the end of a sequence. */
export function isCodedVideo(body: Uint8Array): boolean {
  const first = body[0] ?? 0
  if ((first & 0x80) === 0) return body[1] === CODED_FRAMES
  const packetType = first & 0x0f
  return packetType === CODED_FRAMES || packetType === CODED_FRAMES_X
}

/** Composition time of a coded picture in milliseconds. */
function compositionMs(body: Buffer): number {
  const first = body[0] ?? 0
  if ((first & 0x80) === 0) return body.readIntBE(2, 3)
  return (first & 0x0f) === CODED_FRAMES ? body.readIntBE(5, 3) : 0
}

/** Presentation times of all pictures and AAC frames, seconds, in order. */
export function flvFrameTimes(tags: readonly FlvTag[]): { video: number[]; audio: number[] } {
  const pictures = tags.filter(({ type, body }) => type === TAG_VIDEO && isCodedVideo(body))
  const sounds = tags.filter(({ type, body }) => type === TAG_AUDIO && body[1] === CODED_FRAMES)
  const video = pictures.map(({ timestampMs, body }) => (timestampMs + compositionMs(Buffer.from(body))) / 1000)
  return { video: video.toSorted((a, b) => a - b), audio: sounds.map(({ timestampMs }) => timestampMs / 1000) }
}

const SEQUENCE_START = 0
const CODED_FRAMES = 1
const SEQUENCE_END = 2
const CODED_FRAMES_X = 3
const CODEC_ID_HEVC = 12

/**
 * Turns Enhanced RTMP HEVC into the dialect of Chinese encoders and CDNs: codec id 12 in the AVC packet layout.
 * Tags that have no counterpart there (metadata packets) are left out.
 */
export function asCodecId12(tags: readonly FlvTag[]): FlvTag[] {
  return tags.flatMap((tag) => {
    const first = tag.body[0] ?? 0
    if (tag.type !== TAG_VIDEO || (first & 0x80) === 0) return [tag]
    const layout = avcLayout(first & 0x0f, tag.body.subarray(5))
    if (layout === undefined) return []
    return [{ ...tag, body: Buffer.concat([Buffer.from([(first & 0x70) | CODEC_ID_HEVC]), layout]) }]
  })
}

/** AVCPacketType, composition time and data for what follows the FourCC. */
function avcLayout(packetType: number, data: Uint8Array): Buffer | undefined {
  if (packetType === SEQUENCE_START) return Buffer.concat([Buffer.from([0, 0, 0, 0]), data])
  if (packetType === CODED_FRAMES) return Buffer.concat([Buffer.from([1]), data])
  if (packetType === CODED_FRAMES_X) return Buffer.concat([Buffer.from([1, 0, 0, 0]), data])
  if (packetType === SEQUENCE_END) return Buffer.from([2, 0, 0, 0])
  return undefined
}
