import { FormatError } from '@millrace/core'
import { FlvReader, readAudioBody, readVideoBody, writeFlvHeader, writeFlvTag, type FlvPart } from '@millrace/flv'

/** Bytes at the begin of a file that are looked at for what its tags need. */
export const MAX_OPENING_BYTES = 1 << 20

/**
 * What has to come before tags out of the middle of an FLV file, so that they can be played: header, metadata, and the newest sequence
 * headers. Undefined for what is no FLV.
 *
 * @param bytes the file from its begin on, at most up to those tags
 */
export function flvOpening(bytes: Uint8Array): Uint8Array | undefined {
  const parts = partsOf(bytes)
  const [header] = parts
  if (header?.type !== 'header') return undefined
  const needed = new Map<string, Uint8Array>()
  for (const part of parts) {
    if (part.type !== 'tag' || (part.kind !== 'data' && !isConfiguration(part.kind, part.body))) continue
    needed.set(part.kind, writeFlvTag(part.kind, part.timestampMs, part.body))
  }
  return Buffer.concat([writeFlvHeader({ audio: header.hasAudio, video: header.hasVideo }), ...needed.values()])
}

/** What is whole among the bytes. */
function partsOf(bytes: Uint8Array): FlvPart[] {
  try {
    return new FlvReader({ maxTagBytes: MAX_OPENING_BYTES }).push(bytes)
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}

function isConfiguration(kind: 'audio' | 'video', body: Uint8Array): boolean {
  try {
    const packets = kind === 'audio' ? readAudioBody(body) : readVideoBody(body)
    return packets.some(({ type }) => type === 'config')
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}
