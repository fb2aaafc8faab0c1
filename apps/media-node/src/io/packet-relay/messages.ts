import type { PacketTrack } from '@millrace/media'

/** What the protocol is called in `Upgrade`. */
export const PACKET_RELAY_PROTOCOL = 'millrace-packets'

/**
 * What two nodes say to each other about the packets of one stream, over a connection that neither loses nor reorders.
 *
 * On the wire, all numbers big-endian: `length u16 | type u8 | body[length]`.
 *
 * | type | from   | body                                                                                     |
 * | ---- | ------ | ---------------------------------------------------------------------------------------- |
 * | 1    | origin | tracks: `count u8`, each `id u8, codec text8, clockRate u32, channels u8, fmtp text16, layers u8 × rid text8` |
 * | 2    | origin | packet: `track u8, layer u8, flags u8 (1 marker, 2 key), sequence u64, timestamp u64, payload` |
 * | 3    | origin | clock: `track u8, layer u8, timestamp u64, wallMs f64`                                    |
 * | 4    | other  | key frame: `track u8, layer u8`                                                          |
 * | 5    | origin | alive: nothing                                                                           |
 *
 * `textN` is a length of N bits and as many bytes of UTF-8. `track` counts the tracks of the last message of type 1, which
 * comes first and again for each source. Types that are not known are skipped.
 */
export type PacketRelayMessage =
  | { readonly type: 'tracks'; readonly tracks: readonly PacketTrack[] }
  | {
      readonly type: 'packet'
      readonly track: number
      readonly layer: number
      readonly marker: boolean
      readonly key: boolean
      readonly sequence: number
      readonly timestamp: number
      readonly payload: Uint8Array
    }
  | {
      readonly type: 'clock'
      readonly track: number
      readonly layer: number
      readonly timestamp: number
      readonly wallMs: number
    }
  | { readonly type: 'key-frame'; readonly track: number; readonly layer: number }
  | { readonly type: 'alive' }

/** Of `type` on the wire. */
export const MESSAGE_TYPES = { tracks: 1, packet: 2, clock: 3, 'key-frame': 4, alive: 5 } as const

export const MESSAGE_HEADER_BYTES = 3
export const FLAG_MARKER = 1
export const FLAG_KEY = 2
/** Tracks of a source at most: one video and one audio are usual. */
export const MAX_TRACKS = 16
/** Encodings of a track at most. */
export const MAX_LAYERS = 16
