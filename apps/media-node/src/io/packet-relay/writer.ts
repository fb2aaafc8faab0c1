import { ByteWriter } from '@millrace/bytes'
import { InvariantError } from '@millrace/core'
import type { PacketTrack } from '@millrace/media'

import { FLAG_KEY, FLAG_MARKER, MESSAGE_HEADER_BYTES, MESSAGE_TYPES, type PacketRelayMessage } from './messages.ts'

const MAX_BODY_BYTES = 0xffff
const PACKET_FIELDS_BYTES = 19

/**
 * One message as it goes over the wire.
 *
 * @throws InvariantError `RELAY_MESSAGE_TOO_LARGE` for what 64 KiB don't hold: no datagram is as large
 */
export function writePacketRelayMessage(message: PacketRelayMessage): Uint8Array {
  const body = bodyOf(message)
  if (body.length > MAX_BODY_BYTES) throw new InvariantError('RELAY_MESSAGE_TOO_LARGE', `${body.length} bytes`)
  return new ByteWriter(MESSAGE_HEADER_BYTES + body.length)
    .u16(body.length)
    .u8(MESSAGE_TYPES[message.type])
    .bytes(body)
    .finish()
}

function bodyOf(message: PacketRelayMessage): Uint8Array {
  switch (message.type) {
    case 'tracks':
      return tracksBody(message.tracks)
    case 'packet': {
      const { track, layer, marker, key, sequence, timestamp, payload } = message
      const flags = (marker ? FLAG_MARKER : 0) | (key ? FLAG_KEY : 0)
      const writer = new ByteWriter(PACKET_FIELDS_BYTES + payload.length)
      return writer.u8(track).u8(layer).u8(flags).u53(sequence).u53(timestamp).bytes(payload).finish()
    }
    case 'clock': {
      const { track, layer, timestamp, wallMs } = message
      return new ByteWriter().u8(track).u8(layer).u53(timestamp).f64(wallMs).finish()
    }
    case 'key-frame':
      return Uint8Array.of(message.track, message.layer)
    case 'alive':
      return new Uint8Array(0)
  }
}

function tracksBody(tracks: readonly PacketTrack[]): Uint8Array {
  const writer = new ByteWriter().u8(tracks.length)
  for (const { id, codec, clockRate, channels, fmtp, layers } of tracks) {
    writer.u8(id)
    writeShortText(writer, codec)
    writer.u32(clockRate).u8(channels)
    const format = new TextEncoder().encode(fmtp)
    writer.u16(format.length).bytes(format).u8(layers.length)
    for (const { rid } of layers) writeShortText(writer, rid)
  }
  return writer.finish()
}

function writeShortText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text)
  writer.u8(bytes.length).bytes(bytes)
}
