import { ADTS_HEADER_BYTES, adtsWriter, readAacConfig } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, Packager, Track } from '@millrace/media'

/** Largest raw AAC frame whose length, with its header, fits 13 bits. */
const MAX_AAC_BYTES = 0x1fff - ADTS_HEADER_BYTES

/** AAC alone, each frame with an ADTS header; configurations and frames that ADTS can't tell are left out. */
export function createAacPackager(): Packager {
  let known: Track | undefined
  let writeHeader: ReturnType<typeof adtsWriter> | undefined
  return soundOnly(({ track, payload }) => {
    if (track.codec !== 'aac') return undefined
    if (track !== known) {
      known = track
      writeHeader = headerWriter(track)
    }
    if (!writeHeader || payload.length > MAX_AAC_BYTES) return undefined
    const out = new Uint8Array(ADTS_HEADER_BYTES + payload.length)
    writeHeader(out, 0, payload.length)
    out.set(payload, ADTS_HEADER_BYTES)
    return out
  })
}

/** MP3 alone, as it came. */
export function createMp3Packager(): Packager {
  return soundOnly(({ track, payload }) => (track.codec === 'mp3' ? payload : undefined))
}

/** Sound that a player can begin with anywhere, without anything before it. */
function soundOnly(bytesOf: (frame: Frame) => Uint8Array | undefined): Packager {
  return {
    init: () => [],
    update: () => [],
    encode(frame) {
      const bytes = bytesOf(frame)
      return bytes ? [bytes] : []
    },
  }
}

function headerWriter({ config }: Track): ReturnType<typeof adtsWriter> | undefined {
  try {
    return adtsWriter(readAacConfig(config))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
