import type { AudioTrack } from '@millrace/media'

import type { AudioTranscodingOptions } from '../audio-transcoding.ts'

/** What sound is made of another, as it crosses threads. */
export interface StreamFormat {
  readonly from: Pick<AudioTrack, 'codec' | 'config' | 'sampleRate' | 'channels' | 'timescale'>
  readonly to: AudioTranscodingOptions['to']
}

/** Rate of every result, and of its timestamps. */
export const OUTPUT_RATE = 48_000

/** To the thread: several at a time, in order. */
export type Order =
  | { readonly kind: 'open'; readonly id: number; readonly format: StreamFormat }
  /** `pts` in 1/48,000 s. */
  | { readonly kind: 'frame'; readonly id: number; readonly payload: Uint8Array; readonly pts: number }
  | { readonly kind: 'close'; readonly id: number }

/** From the thread: several at a time, in order; `ready` or `unavailable` is the first. */
export type Answer =
  | { readonly kind: 'ready' }
  /** The codecs can't be loaded. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'frame'; readonly id: number; readonly payload: Uint8Array; readonly pts: number }
  /** So many of the stream's frames are done with since the last time. */
  | { readonly kind: 'done'; readonly id: number; readonly frames: number }
  | { readonly kind: 'failed'; readonly id: number; readonly code: string; readonly reason: string }
