/** Members of the dictionaries of `getStats()` that are read here. @see W3C webrtc-stats */
export interface RtcReport {
  readonly id: string
  readonly type: string
  /** Milliseconds. */
  readonly timestamp: number
  readonly kind?: string
  readonly ssrc?: number
  readonly rid?: string
  readonly active?: boolean
  readonly codecId?: string
  readonly mimeType?: string
  readonly sdpFmtpLine?: string
  readonly bytesReceived?: number
  readonly bytesSent?: number
  readonly packetsReceived?: number
  readonly packetsSent?: number
  readonly packetsLost?: number
  /** Seconds. */
  readonly jitter?: number
  /** Seconds, summed over `jitterBufferEmittedCount`. */
  readonly jitterBufferDelay?: number
  readonly jitterBufferEmittedCount?: number
  readonly freezeCount?: number
  readonly nackCount?: number
  readonly pliCount?: number
  readonly frameWidth?: number
  readonly frameHeight?: number
  readonly framesPerSecond?: number
  readonly framesEncoded?: number
  readonly qualityLimitationReason?: string
  readonly nominated?: boolean
  readonly state?: string
  readonly localCandidateId?: string
  readonly remoteCandidateId?: string
  /** Seconds. */
  readonly currentRoundTripTime?: number
  readonly roundTripTime?: number
  readonly fractionLost?: number
  readonly localId?: string
  readonly protocol?: string
  readonly relayProtocol?: string
  readonly candidateType?: string
}

/** Round-trip time and the way that is in use. */
export function pathOf(reports: readonly RtcReport[]): { rttMs: number | null; path: string | null } {
  const pair = reports.find(
    ({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded',
  )
  const local = reports.find(({ id }) => id === pair?.localCandidateId)
  const transport = local?.protocol?.toUpperCase()
  return {
    rttMs: milliseconds(pair?.currentRoundTripTime),
    path: transport === undefined ? null : `${transport}${local?.candidateType === 'relay' ? ' relayed' : ''}`,
  }
}

/**
 * A codec by its string of RFC 6381, or by the last part of its media type where that has no profile; undefined until known.
 *
 * @see RFC 6184 §8.1
 */
export function codecOf(reports: readonly RtcReport[], codecId: string | undefined): string | undefined {
  const { mimeType, sdpFmtpLine = '' } = reports.find(({ id }) => id === codecId) ?? {}
  const name = mimeType?.split('/')[1]
  switch (name?.toLowerCase()) {
    case 'h264': {
      const profile = /profile-level-id=([0-9a-f]{6})/i.exec(sdpFmtpLine)?.[1]
      return profile === undefined ? 'avc1' : `avc1.${profile}`
    }
    case 'h265':
      return 'hvc1'
    case 'vp8':
      return 'vp08'
    case 'vp9':
      return 'vp09'
    case 'av1':
      return 'av01'
    case 'opus':
      return 'opus'
    default:
      return name
  }
}

/** Seconds as whole milliseconds, null for unknown. */
export const milliseconds = (seconds: number | undefined): number | null =>
  seconds === undefined ? null : Math.round(seconds * 1000)

/** What a sum grew by between two measurements; null without an earlier one, or after a reset. */
export function growth(now: number | undefined, before: number | undefined): number | null {
  return now === undefined || before === undefined || now < before ? null : now - before
}
