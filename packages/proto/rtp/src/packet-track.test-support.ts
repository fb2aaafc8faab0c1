import type { Codec, PacketTrack } from '@millrace/media'

const CLOCK_RATES: Partial<Record<Codec, number>> = { opus: 48_000, pcma: 8000, pcmu: 8000 }

/** A track of packets of one layer, with the clock rate of its codec. */
export function packetTrack(codec: Codec, change: Partial<PacketTrack> = {}): PacketTrack {
  const clockRate = CLOCK_RATES[codec]
  return {
    id: 1,
    kind: clockRate === undefined ? 'video' : 'audio',
    codec,
    clockRate: clockRate ?? 90_000,
    channels: 1,
    fmtp: '',
    layers: [{ rid: '' }],
    ...change,
  }
}
