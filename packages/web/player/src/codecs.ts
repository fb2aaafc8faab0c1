/** Profile numbers of H.264. @see ITU-T H.264 Annex A */
const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4',
}
const HEVC_PROFILES: Readonly<Record<string, string>> = { 1: 'Main', 2: 'Main 10', 4: 'RExt' }
/** Audio object types of MPEG-4. @see ISO/IEC 14496-3 §1.5.1.1 */
const AAC_TYPES: Readonly<Record<string, string>> = { 2: 'LC', 5: 'HE', 29: 'HE v2' }
const PLAIN: Readonly<Record<string, string>> = {
  mp3: 'MP3',
  opus: 'Opus',
  vp09: 'VP9',
  vp08: 'VP8',
  av01: 'AV1',
  flac: 'FLAC',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
}

/** A codec string for people: `avc1.64001f` → `H.264 High 3.1`. Unknown ones are returned as they are. @see RFC 6381 */
export function codecLabel(codec: string): string {
  const [name = '', ...rest] = codec.split('.')
  const lower = name.toLowerCase()
  if (lower === 'avc1' || lower === 'avc3') return label('H.264', avcDetail(rest[0] ?? ''))
  if (lower === 'hvc1' || lower === 'hev1') return label('HEVC', hevcDetail(rest))
  if (lower !== 'mp4a') return PLAIN[lower] ?? codec
  if (rest[0]?.toLowerCase() === '6b' || rest[0] === '69' || rest[1] === '34') return 'MP3'
  return label('AAC', AAC_TYPES[Number(rest[1] ?? '')] ?? '')
}

function label(name: string, detail: string): string {
  return detail ? `${name} ${detail}` : name
}

function avcDetail(hex: string): string {
  if (!/^[0-9a-f]{6}$/i.test(hex)) return ''
  const level = parseInt(hex.slice(4), 16)
  return `${AVC_PROFILES[parseInt(hex.slice(0, 2), 16)] ?? ''} ${(level / 10).toFixed(1)}`.trim()
}

/** `[A-C]profile . compatibility . (L|H)level×30 …` @see ISO/IEC 14496-15 Annex E.3 */
function hevcDetail([profile = '', , tierLevel = '']: readonly string[]): string {
  const level = /^[LH](\d+)$/.exec(tierLevel)?.[1]
  const name = HEVC_PROFILES[profile] ?? ''
  return `${name} ${level ? (Number(level) / 30).toFixed(1) : ''}`.trim()
}
