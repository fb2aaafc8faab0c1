import { Accumulator, ByteReader } from '@millrace/bytes'
import { ProtocolError } from '@millrace/core'
import type { Codec, PacketTrack } from '@millrace/media'

import {
  FLAG_KEY,
  FLAG_MARKER,
  MAX_LAYERS,
  MAX_TRACKS,
  MESSAGE_HEADER_BYTES,
  MESSAGE_TYPES,
  type PacketRelayMessage,
} from './messages.ts'

const KINDS: Readonly<Record<Codec, 'video' | 'audio'>> = {
  h264: 'video',
  hevc: 'video',
  av1: 'video',
  vp9: 'video',
  vp8: 'video',
  aac: 'audio',
  mp3: 'audio',
  opus: 'audio',
  pcma: 'audio',
  pcmu: 'audio',
}

/**
 * Push parser of what another node says. It keeps less than one message, 64 KiB. After a throw the connection can't be read on.
 * Throws ProtocolError `RELAY_TRACKS_INVALID`, `RELAY_CLOCK_INVALID`, FormatError `BYTES_SHORT`, `BYTES_RANGE`.
 */
export class PacketRelayReader {
  readonly #pending = new Accumulator()

  /** Takes the next chunk, whose memory may be kept, and returns the messages that it completes. */
  push(chunk: Uint8Array): PacketRelayMessage[] {
    const pending = this.#pending
    pending.push(chunk)
    const messages: PacketRelayMessage[] = []
    while (pending.length >= MESSAGE_HEADER_BYTES) {
      const bodyBytes = (pending.at(0) << 8) | pending.at(1)
      if (pending.length < MESSAGE_HEADER_BYTES + bodyBytes) break
      const type = pending.at(2)
      pending.skip(MESSAGE_HEADER_BYTES)
      const message = readBody(type, new ByteReader(pending.read(bodyBytes)))
      if (message) messages.push(message)
    }
    return messages
  }
}

function readBody(type: number, reader: ByteReader): PacketRelayMessage | undefined {
  switch (type) {
    case MESSAGE_TYPES.packet:
      return readPacket(reader)
    case MESSAGE_TYPES.clock:
      return readClock(reader)
    case MESSAGE_TYPES.tracks:
      return { type: 'tracks', tracks: readTracks(reader) }
    case MESSAGE_TYPES['key-frame']:
      return { type: 'key-frame', track: reader.u8(), layer: reader.u8() }
    case MESSAGE_TYPES.alive:
      return { type: 'alive' }
    default:
      return undefined
  }
}

function readPacket(reader: ByteReader): PacketRelayMessage {
  const track = reader.u8()
  const layer = reader.u8()
  const flags = reader.u8()
  return {
    type: 'packet',
    track,
    layer,
    marker: (flags & FLAG_MARKER) !== 0,
    key: (flags & FLAG_KEY) !== 0,
    sequence: reader.u53(),
    timestamp: reader.u53(),
    payload: reader.rest(),
  }
}

function readClock(reader: ByteReader): PacketRelayMessage {
  const track = reader.u8()
  const layer = reader.u8()
  const timestamp = reader.u53()
  const wallMs = reader.f64()
  if (!Number.isFinite(wallMs)) throw new ProtocolError('RELAY_CLOCK_INVALID', 'a clock that stands for no time')
  return { type: 'clock', track, layer, timestamp, wallMs }
}

function readTracks(reader: ByteReader): readonly PacketTrack[] {
  const tracks = Array.from({ length: counted(reader.u8(), MAX_TRACKS) }, () => readTrack(reader))
  if (new Set(tracks.map(({ id }) => id)).size < tracks.length) throw invalid('two tracks of one id')
  return tracks
}

function readTrack(reader: ByteReader): PacketTrack {
  const id = reader.u8()
  const codec = shortText(reader)
  if (!isCodec(codec)) throw invalid('an unknown codec')
  const clockRate = reader.u32()
  if (clockRate === 0) throw invalid('a track without time')
  const channels = reader.u8()
  const fmtp = new TextDecoder().decode(reader.bytes(reader.u16()))
  const layers = Array.from({ length: counted(reader.u8(), MAX_LAYERS) }, () => ({ rid: shortText(reader) }))
  return { id, kind: KINDS[codec], codec, clockRate, channels, fmtp, layers }
}

function counted(count: number, max: number): number {
  if (count === 0 || count > max) throw invalid(`${count} tracks or layers`)
  return count
}

const shortText = (reader: ByteReader): string => new TextDecoder().decode(reader.bytes(reader.u8()))

const isCodec = (text: string): text is Codec => Object.hasOwn(KINDS, text)

const invalid = (problem: string): ProtocolError => new ProtocolError('RELAY_TRACKS_INVALID', problem)
