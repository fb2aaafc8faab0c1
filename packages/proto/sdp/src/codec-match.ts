import { parseFmtp } from './codec-lines.ts'
import type { SdpCodec } from './description.ts'

export type RtcVideoCodec = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'
export type RtcAudioCodec = 'opus' | 'pcma' | 'pcmu'
/** Codecs that WebRTC carries here. */
export type RtcCodec = RtcVideoCodec | RtcAudioCodec

/** A codec that is welcome. */
export interface CodecWish {
  readonly codec: RtcCodec
  /**
   * Format parameters of the stream, as its publisher negotiated them, without which any will do: the payload type that comes
   * nearest is taken, and one that couldn't decode the stream isn't.
   */
  readonly fmtp?: string
}

/** `sending`: we send, and the other side must be able to decode it. */
type Rank = (
  offered: ReadonlyMap<string, string>,
  wished: ReadonlyMap<string, string>,
  sending: boolean,
) => number | null

interface CodecFormat {
  readonly kind: 'video' | 'audio'
  readonly names: readonly string[]
  readonly clockRate: number
  readonly channels: number
  /** How far an offered format is from the wished one, 0 for not at all; null for no match. */
  readonly rank: Rank
}

const anyFormat: Rank = () => 0
const video = { kind: 'video', clockRate: 90_000, channels: 1 } as const
const g711 = { kind: 'audio', clockRate: 8000, channels: 1, rank: anyFormat } as const

const FORMATS: Readonly<Record<RtcCodec, CodecFormat>> = {
  h264: { ...video, names: ['h264'], rank: rankH264 },
  hevc: { ...video, names: ['h265', 'hevc'], rank: rankHevc },
  vp8: { ...video, names: ['vp8'], rank: anyFormat },
  vp9: { ...video, names: ['vp9'], rank: byProfile('profile-id') },
  // AV1X was the name before there was an RTP payload format
  av1: { ...video, names: ['av1', 'av1x'], rank: byProfile('profile') },
  opus: { kind: 'audio', names: ['opus'], clockRate: 48_000, channels: 2, rank: anyFormat },
  pcma: { ...g711, names: ['pcma'] },
  pcmu: { ...g711, names: ['pcmu'] },
}

/** Which codec a payload type is; undefined for helpers (rtx, red, …) and unknown ones. */
export function codecOf({ name, clockRate, channels }: SdpCodec): RtcCodec | undefined {
  const lower = name.toLowerCase()
  const known = Object.entries(FORMATS).find(
    ([, format]) => format.names.includes(lower) && format.clockRate === clockRate && format.channels === channels,
  )
  return known && isRtcCodec(known[0]) ? known[0] : undefined
}

/** Whether a name, for example of a query parameter, is that of a codec. */
export function isRtcCodec(name: string): name is RtcCodec {
  return Object.hasOwn(FORMATS, name)
}

/** @param sending whether we send */
export function matchCodec(offered: readonly SdpCodec[], wish: CodecWish, sending: boolean): SdpCodec | undefined {
  const wished = parseFmtp(wish.fmtp ?? '')
  let best: SdpCodec | undefined
  let bestRank = Number.POSITIVE_INFINITY
  for (const codec of offered) {
    if (codecOf(codec) !== wish.codec) continue
    const rank = FORMATS[wish.codec].rank(parseFmtp(codec.fmtp), wished, sending)
    if (rank === null || rank >= bestRank) continue
    best = codec
    bestRank = rank
  }
  return best
}

/**
 * Levels don't matter (with level-asymmetry-allowed each side sends its own, and decoders take more than they say), and profiles
 * only set an order: publishers offer what they encode, which no list of ours foresees. @see RFC 6184 §8.1
 */
function rankH264(
  offered: ReadonlyMap<string, string>,
  wished: ReadonlyMap<string, string>,
  sending: boolean,
): number | null {
  const mode = offered.get('packetization-mode')
  const profile = profileRank((offered.get('profile-level-id') ?? '').toLowerCase(), wished.get('profile-level-id'))
  if (mode === '1') return profile
  // who doesn't tell usually takes all
  if (mode === undefined) return 10 + profile
  return mode === '0' && !sending ? 20 + profile : null
}

function profileRank(offered: string, wishedText: string | undefined): number {
  const wished = (wishedText ?? '').toLowerCase()
  if (wished !== '' && offered === wished) return 0
  if (wished !== '' && offered.slice(0, 4) === wished.slice(0, 4)) return 1
  if (wished !== '' && offered.slice(0, 2) === wished.slice(0, 2)) return 2
  if (offered.startsWith('42e0')) return 3
  return offered.startsWith('42') ? 4 : 5
}

/** Only one RTP stream carries it here. @see RFC 7798 §7.1 */
function rankHevc(offered: ReadonlyMap<string, string>, wished: ReadonlyMap<string, string>): number | null {
  if ((offered.get('tx-mode') ?? 'SRST').toUpperCase() !== 'SRST') return null
  return (offered.get('profile-id') ?? '1') === (wished.get('profile-id') ?? '1') ? 0 : 1
}

/** Of VP9 and AV1: a decoder of one profile can't do the next. */
function byProfile(parameter: string): Rank {
  return (offered, wished, sending) => {
    if ((offered.get(parameter) ?? '0') === (wished.get(parameter) ?? '0')) return 0
    return sending ? null : 1
  }
}
