import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** A decoder has lost the picture, and wants a key frame. @see RFC 4585 §6.3.1 */
export interface PictureLossIndication {
  readonly type: 'pli'
  readonly senderSsrc: number
  readonly mediaSsrc: number
}

export function readPictureLoss(body: ByteReader): PictureLossIndication {
  return { type: 'pli', senderSsrc: body.u32(), mediaSsrc: body.u32() }
}

export function writePictureLoss(writer: ByteWriter, packet: PictureLossIndication): void {
  writer.u32(packet.senderSsrc).u32(packet.mediaSsrc)
}
