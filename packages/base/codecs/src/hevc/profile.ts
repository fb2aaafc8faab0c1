import type { BitReader } from '@millrace/bytes'

/** The general part of profile_tier_level(). */
export interface HevcProfile {
  /** 0 to 3; 0 but for extensions nobody uses. */
  readonly profileSpace: number
  /** 0 main, 1 high. */
  readonly tier: number
  /** general_profile_idc: 1 main, 2 main 10, 4 range extensions. */
  readonly profile: number
  /** The 32 compatibility flags, flag 0 in the highest bit. */
  readonly compatibility: number
  /** The 6 bytes of constraint flags. */
  readonly constraints: Uint8Array
  /** 30 times the level. */
  readonly level: number
}

/** Reads profile_tier_level(1, subLayers - 1). Throws FormatError `BITS_SHORT`. @see ITU-T H.265 §7.3.3 */
export function readHevcProfile(bits: BitReader, subLayers: number): HevcProfile {
  const profileSpace = bits.u(2)
  const tier = bits.u(1)
  const profile = bits.u(5)
  const compatibility = bits.u(32)
  const constraints = Uint8Array.from({ length: 6 }, () => bits.u(8))
  const level = bits.u(8)
  const present: [profile: boolean, level: boolean][] = []
  for (let i = 1; i < subLayers; i++) present.push([bits.flag(), bits.flag()])
  if (present.length > 0) bits.skip(2 * (8 - present.length))
  for (const [hasProfile, hasLevel] of present) {
    if (hasProfile) bits.skip(88)
    if (hasLevel) bits.skip(8)
  }
  return { profileSpace, tier, profile, compatibility, constraints, level }
}

/** RFC 6381 codec string, for example `hvc1.1.6.L93.b0`. @see ISO/IEC 14496-15 §E.3 */
export function hevcCodecString(profile: HevcProfile): string {
  const space = ['', 'A', 'B', 'C'][profile.profileSpace] ?? ''
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((profile.compatibility >>> bit) & 1)
  let used = profile.constraints.length
  while (used > 0 && profile.constraints[used - 1] === 0) used--
  const constraints = Array.from(profile.constraints.subarray(0, used), (byte) => `.${byte.toString(16)}`)
  const tier = profile.tier === 1 ? 'H' : 'L'
  return `hvc1.${space}${profile.profile}.${reversed.toString(16)}.${tier}${profile.level}${constraints.join('')}`
}
