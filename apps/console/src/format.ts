import { codecLabel } from '@millrace/player'

import type { LiveStream } from './api.ts'

/** Shown where nothing is known. */
export const NONE = '–'

/** `2.4 Mbit/s`, `640 kbit/s`. */
export function formatBitrate(bitrateBps: number | null): string {
  if (!bitrateBps) return NONE
  if (bitrateBps >= 999_500) return `${(bitrateBps / 1e6).toFixed(bitrateBps >= 1e7 ? 0 : 1)} Mbit/s`
  return `${Math.round(bitrateBps / 1000)} kbit/s`
}

/** `62 ms`. */
export function formatMs(timeMs: number | null): string {
  return timeMs === null ? NONE : `${timeMs.toLocaleString('en')} ms`
}

/** `0.4 %`. */
export function formatRatio(ratio: number | null): string {
  if (ratio === null) return NONE
  return `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)} %`
}

/** `0.9 s`; below a tenth of a second in milliseconds. */
export function formatDelay(delayMs: number | null): string {
  if (delayMs === null) return NONE
  return delayMs > 0 && delayMs < 100 ? formatMs(delayMs) : `${(delayMs / 1000).toFixed(1)} s`
}

/** `1280 × 720`. */
export function formatSize(width: number | undefined, height: number | undefined): string {
  return width && height ? `${width} × ${height}` : NONE
}

export function formatCount(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

const CODEC_NAMES: Readonly<Record<string, string>> = { H264: 'H.264', H265: 'HEVC' }

/** Name, profile and level of the video, or undefined without one. `short`: the name alone. */
export function videoLabel(video: LiveStream['video'], short = false): string | undefined {
  if (!video) return undefined
  const name = CODEC_NAMES[video.codec] ?? video.codec
  if (short) return name
  if (video.codec_string) return codecLabel(video.codec_string)
  return [name, video.profile, video.level].filter(Boolean).join(' ')
}

/** Name, sample rate and channels of the audio, or undefined without one. */
export function audioLabel(audio: LiveStream['audio'], short = false): string | undefined {
  if (!audio) return undefined
  if (short) return audio.codec
  const name = audio.codec_string ? codecLabel(audio.codec_string) : audio.codec
  const rate = audio.sample_rate ? `${audio.sample_rate / 1000} kHz` : ''
  const channels = audio.channel === 1 ? 'mono' : audio.channel === 2 ? 'stereo' : ''
  return [name, rate, channels].filter(Boolean).join(', ')
}
