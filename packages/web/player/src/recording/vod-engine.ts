import type Hls from 'hls.js'
import type { ErrorData, LevelDetails } from 'hls.js'

import { httpFailure, mediaSource } from '../engine.ts'
import { prefersNativeHls } from '../native-hls.ts'
import type { Failure } from '../state.ts'
import { type Stretch, stretchesOf } from './wall-clock.ts'

/** What an engine tells the recording player. */
export interface VodEvents {
  /** What there is to play, each time when it is known anew; `growing` while more may come. */
  onMedia: (stretches: readonly Stretch[], growing: boolean) => void
  /** It can't go on. */
  onFailure: (failure: Failure) => void
}

/** Playback of a recording in a video element, until `close`. */
export interface VodEngine {
  /** Detaches from the element. Idempotent. */
  close(): void
}

/** Opens the playlist of a recording. Rejects only if the library can't be loaded. */
export async function openRecording(video: HTMLVideoElement, url: string, events: VodEvents): Promise<VodEngine> {
  if (prefersNativeHls(video, mediaSource() !== undefined)) return new NativeVod(video, url, events)
  return new HlsVod(await import('hls.js'), video, url, events)
}

/** By Media Source Extensions, through hls.js. */
class HlsVod implements VodEngine {
  readonly #events: VodEvents
  readonly #mediaError: string
  #hls: Hls | undefined
  #recoveredAtMs = Number.NEGATIVE_INFINITY

  constructor(
    { default: HlsPlayer, Events, ErrorTypes }: typeof import('hls.js'),
    video: HTMLVideoElement,
    url: string,
    events: VodEvents,
  ) {
    this.#events = events
    this.#mediaError = ErrorTypes.MEDIA_ERROR
    if (!HlsPlayer.isSupported()) {
      queueMicrotask(() => events.onFailure({ reason: 'unsupported' }))
      return
    }
    const hls = new HlsPlayer({
      workerPath: import.meta.resolve('hls.js/worker'),
      // also of one that still grows: from its beginning
      startPosition: 0,
      maxBufferLength: 30,
      backBufferLength: 60,
    })
    this.#hls = hls
    hls.on(Events.ERROR, (_, data) => this.#onError(data))
    const onDetails = ({ fragments, live }: LevelDetails): void => events.onMedia(stretchesOf(fragments), live)
    hls.on(Events.LEVEL_LOADED, (_, { details }) => onDetails(details))
    // the media tell where their segments really begin
    hls.on(Events.LEVEL_PTS_UPDATED, (_, { details }) => onDetails(details))
    hls.attachMedia(video)
    hls.loadSource(url)
  }

  close(): void {
    const hls = this.#hls
    this.#hls = undefined
    // it may be in the middle of a callback of its own
    queueMicrotask(() => hls?.destroy())
  }

  #onError(data: ErrorData): void {
    if (!data.fatal || !this.#hls) return
    const nowMs = performance.now()
    if (data.type === this.#mediaError && nowMs - this.#recoveredAtMs > 5_000) {
      this.#recoveredAtMs = nowMs
      this.#hls.recoverMediaError()
      return
    }
    const codec = /codecs="?([^";]+)/.exec(data.mimeType ?? '')?.[1]
    if (data.type !== this.#mediaError) this.#events.onFailure(httpFailure(data.response?.code))
    else this.#events.onFailure(codec === undefined ? { reason: 'media' } : { reason: 'codec', codec })
  }
}

/** By the browser itself (Safari), which tells the wall clock of the beginning only. */
class NativeVod implements VodEngine {
  readonly #video: HTMLVideoElement
  readonly #listeners = new AbortController()

  constructor(video: HTMLVideoElement, url: string, events: VodEvents) {
    this.#video = video
    const { signal } = this.#listeners
    const onMedia = (): void => {
      const { seekable } = video
      const startMs = (video as { getStartDate?: () => Date }).getStartDate?.().getTime() ?? Number.NaN
      if (seekable.length === 0 || Number.isNaN(startMs)) return
      const endS = seekable.end(seekable.length - 1)
      events.onMedia([{ startS: 0, endS, wallMs: startMs }], !Number.isFinite(video.duration))
    }
    for (const event of ['loadedmetadata', 'durationchange']) video.addEventListener(event, onMedia, { signal })
    video.addEventListener('error', () => events.onFailure({ reason: 'media' }), { signal })
    video.src = url
    video.load()
  }

  close(): void {
    if (this.#listeners.signal.aborted) return
    this.#listeners.abort()
    this.#video.removeAttribute('src')
    this.#video.load()
  }
}
