import type { Track } from '@millrace/media'

import type { FlvPacket } from '../packet.ts'

/** An access unit and the track it belongs to. */
interface AccessUnit {
  readonly track: Track
  /** As `Frame.payload`; the packet's own `data` where that is in the right form. */
  readonly payload: Uint8Array
  readonly key: boolean
}

/** Reads the packets of one track in one codec. Remembers the configuration; throws FormatError for what it can't read. */
export interface TrackReader {
  /** Takes a sequence header, not empty. Returns the current track, undefined while something is missing. */
  configure(data: Uint8Array): Track | undefined
  /** Takes an access unit, not empty. Returns undefined while its configuration is missing. */
  read(packet: FlvPacket): AccessUnit | undefined
}
