import { rescale } from '@millrace/core'
import type { AudioTrack, Frame, Track } from '@millrace/media'

/** Times that are further from what samples tell are believed. */
const MAX_DRIFT_90K = 90 * 50

/** Samples per frame and channel. */
const SAMPLES: Readonly<Partial<Record<Track['codec'], number>>> = { aac: 1024, mp3: 1152 }

/**
 * Times of sound that follow from the number of samples, instead of from RTMP's whole milliseconds.
 *
 * SRS: they are set anew when they are 50 ms off, so that lost sound doesn't come too early for ever.
 */
export class SteadySound {
  #next90k: number | undefined

  /** A sound track with times in 90 kHz; others as they are. */
  track(track: Track): Track {
    return track.kind === 'audio' ? { ...track, timescale: 90_000 } : track
  }

  /** The frame with its time in the timescale of that track. */
  frame(frame: Frame): Frame {
    const { track } = frame
    if (track.kind !== 'audio') return frame
    const came90k = rescale(frame.dtsTicks, track.timescale, 90_000)
    const isOff = this.#next90k === undefined || Math.abs(came90k - this.#next90k) > MAX_DRIFT_90K
    const at90k = isOff ? came90k : (this.#next90k ?? came90k)
    this.#next90k = at90k + duration90k(track)
    return { ...frame, track: this.track(track), dtsTicks: Math.round(at90k), ptsTicks: Math.round(at90k) }
  }
}

function duration90k({ codec, sampleRate }: AudioTrack): number {
  const samples = codec === 'mp3' && sampleRate < 32_000 ? 576 : (SAMPLES[codec] ?? 1024)
  return (samples * 90_000) / sampleRate
}
