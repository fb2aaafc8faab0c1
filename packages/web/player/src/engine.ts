import type { EngineStats, Failure } from './state.ts'

/** What an engine tells its session. */
export type EngineEvent =
  | { type: 'ended' }
  /** Nothing is published; the engine stays connected, and plays as soon as something is. */
  | { type: 'absent' }
  | { type: 'failed'; failure: Failure }

export interface EngineOptions {
  /** The element to play in. The session calls `play()`; the engine owns the source. */
  video: HTMLVideoElement
  /** Absolute URL. */
  url: string
  /** Playback token, for engines whose URL doesn't carry it. */
  token?: string | undefined
  /** Called until `close`; after `failed` or `ended` there are no more events. */
  onEvent: (event: EngineEvent) => void
}

/** One attempt to play one URL. Made by an EngineFactory, already loading. */
export interface Engine {
  /** Longest time without progress before the session takes it as stalled. */
  readonly stallTimeoutMs: number
  stats(): EngineStats
  /** Moves to the live edge, for example after a pause. */
  seekToLive(): void
  /** Closes the connection and detaches from the video element. Idempotent. */
  close(): void
}

/** Loads the engine's library if need be and starts it. Rejects only if the library can't be loaded. */
export type EngineFactory = (options: EngineOptions) => Promise<Engine>

/** An HTTP status as a failure. */
export function httpFailure(status: number | undefined): Failure {
  if (status === 404 || status === 410) return { reason: 'not-found' }
  return status === 401 || status === 403 ? { reason: 'forbidden' } : { reason: 'network' }
}

/** Whether Media Source Extensions decode this codec (RFC 6381); true when the codec is unknown. */
export function canDecode(kind: 'video' | 'audio', codec: string | undefined): boolean {
  if (!codec) return true
  const type = codec === 'mp3' ? 'audio/mpeg' : `${kind}/mp4; codecs="${codec}"`
  return mediaSource()?.isTypeSupported(type) ?? false
}

/** `MediaSource`, or `ManagedMediaSource` where that is all there is (iPhone). */
export function mediaSource(): typeof MediaSource | undefined {
  const scope = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource }
  return scope.MediaSource ?? scope.ManagedMediaSource
}

/** Seconds of media buffered after the position being shown; 0 when nothing is buffered. */
export function bufferedAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video
  return buffered.length === 0 ? 0 : Math.max(0, buffered.end(buffered.length - 1) - currentTime)
}
