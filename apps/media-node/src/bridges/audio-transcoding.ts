import type { AudioCodec, AudioTrack } from '@millrace/media'

/** What sound is made of another. */
export interface AudioTranscodingOptions {
  readonly from: AudioTrack
  readonly to: { readonly codec: Extract<AudioCodec, 'opus' | 'aac'>; readonly bitrateBps: number }
  /**
   * One frame of the result: 20 ms of Opus or 1,024 samples of AAC, of two channels at 48 kHz.
   *
   * @param ptsTicks of its first sample, in 1/48,000 s on the clock of what was pushed
   */
  readonly onFrame: (payload: Uint8Array, ptsTicks: number) => void
  /** It has failed, and gives nothing any more. */
  readonly onFailed: (error: Error) => void
}

/** Sound on its way from one codec to another, in another thread. */
export interface AudioTranscoder {
  /** @param ptsTicks in the track's timescale; after a gap the result has one too */
  push(payload: Uint8Array, ptsTicks: number): void
  /** Frames that were not made: the codecs were two seconds behind. */
  readonly droppedFrames: number
  close(): void
}

/** Who makes sound of other sound. */
export interface AudioTranscoding {
  /** Begins at once; what is pushed before the codecs are loaded waits. */
  open(options: AudioTranscodingOptions): AudioTranscoder
  close(): void | Promise<void>
}
