/** Bounds and delays of every stream of a hub. */
export interface HubOptions {
  /** Longest time frames wait to be merged into one write, in milliseconds; 0 writes at once. Default 350, as SRS's mw_latency. */
  flushMs: number
  /** A write waits for more frames than these, too, but at most as long again; 0 for no such wait. Default 0. */
  minFlushFrames: number
  /** Least time between two writes to a reader, each of one frame, in milliseconds; 0 merges them instead. Default 0. */
  sendIntervalMs: number
  /** Whether tracks that come unevenly are put in the order of their times. Default false. */
  mixCorrect: boolean
  /** Whether readers in mid-stream are spared metadata that comes without new tracks. Default false. */
  reduceHeaders: boolean
  /** Whether a new reader starts with the frames since the last key frame. Default true. */
  gopCache: boolean
  /** Bytes of frames kept since the last join point. Default 32 MiB. */
  maxGopBytes: number
  /** Bytes of frames kept since the last join points of all streams. Default 1 GiB. */
  maxTotalGopBytes: number
  /** Media time kept since the last join point, in milliseconds: a stream without key frames is joined there. Default 30 000. */
  maxGopMs: number
  /** Frames kept since the last join point, 0 for as many as the other bounds allow. Default 0. */
  maxGopFrames: number
  /** Media time of an audio-only stream that a new reader starts with, in milliseconds. Default 1 000. */
  audioBurstMs: number
  /** Sound kept for readers of packagings that begin with it, in milliseconds; 0 keeps none. Default 0. */
  soundCacheMs: number
  /** Bytes of sound kept for them. Default 4 MiB. */
  maxSoundCacheBytes: number
  /** Bytes a reader may lag behind before it jumps to the newest join point. Default 8 MiB. */
  maxLagBytes: number
  /** Time a reader may lag behind before it jumps, in milliseconds. Default 10 000. */
  maxLagMs: number
  /** Time after which a reader that takes nothing at all is closed, in milliseconds. Default 30 000. */
  stallTimeoutMs: number
  /** Media time to wait for a second track before the stream starts with one, in milliseconds. Default 500. */
  settleMs: number
  /** Time that readers are kept after the publisher left, in milliseconds. Default 10 000. */
  reconnectWindowMs: number
}

export const DEFAULT_HUB_OPTIONS: HubOptions = {
  flushMs: 350,
  minFlushFrames: 0,
  sendIntervalMs: 0,
  mixCorrect: false,
  reduceHeaders: false,
  gopCache: true,
  maxGopBytes: 32 * 1024 * 1024,
  maxTotalGopBytes: 1024 * 1024 * 1024,
  maxGopMs: 30_000,
  maxGopFrames: 0,
  audioBurstMs: 1000,
  soundCacheMs: 0,
  maxSoundCacheBytes: 4 * 1024 * 1024,
  maxLagBytes: 8 * 1024 * 1024,
  maxLagMs: 10_000,
  stallTimeoutMs: 30_000,
  settleMs: 500,
  reconnectWindowMs: 10_000,
}

/** Time and timers, from whoever runs the hub. */
export interface Scheduler {
  /** Monotonic time in milliseconds. */
  nowMs(): number
  /** Runs `task` once after `delayMs`; the result cancels it. */
  after(delayMs: number, task: () => void): () => void
}
