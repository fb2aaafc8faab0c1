import path from 'node:path'

import { errorCode, errorMessage, rescale, type Logger } from '@millrace/core'
import { FlvAppendMuxer } from '@millrace/flv'
import type { Scheduler, StreamKey, StreamListener } from '@millrace/hub'
import type { AppendMuxer, Frame, StreamInfo, Track } from '@millrace/media'
import { Mp4AppendMuxer, mp4Carries } from '@millrace/mp4'
import { sameTracks } from '@millrace/segmenter'

import { streamVariables, substitute, timeVariables } from '../../variables.ts'
import { DvrFile, type DvrFileDeps, type FinishedFile } from './dvr-file.ts'

/** How a vhost's streams are recorded. */
export interface DvrSettings {
  /** Whether there is one file for each publish, or a new one after `durationMs`. */
  readonly plan: 'session' | 'segment'
  /** Template. A path that ends neither in `.flv` nor in `.mp4` is a folder for FLV files. */
  readonly path: string
  readonly durationMs: number
  /** Whether files begin, and segments change, with a key frame. */
  readonly waitKeyframe: boolean
  /** Whether times stay those of the stream; else each file begins at 0. */
  readonly keepTimes: boolean
  /** Whether times in the path are in UTC. */
  readonly utc: boolean
}

export interface RecordingDeps {
  readonly key: StreamKey
  readonly settings: DvrSettings
  readonly scheduler: Scheduler
  readonly wallNowMs: () => number
  readonly logger: Logger
  readonly claim: DvrFileDeps['claim']
  readonly release: DvrFileDeps['release']
  readonly onFile: (file: FinishedFile) => void
  /** Resolves when the first file may be begun, default at once. */
  readonly after?: Promise<void> | undefined
}

interface OpenFile {
  readonly file: DvrFile
  readonly tracks: readonly Track[]
  /** Time of its first frame. */
  readonly startMs: number
}

/**
 * One publish, recorded. What goes wrong ends the recording with a warning, never the publish; what was written until then stays.
 *
 * SRS: a pure audio stream is cut by its duration, where SRS never cuts it with `dvr_wait_keyframe`; a configuration that changes in an
 * MP4 file begins another file, where SRS stops; a publish without media leaves no file.
 */
export class Recording implements StreamListener {
  readonly #deps: RecordingDeps
  #info: StreamInfo = { tracks: [], metadata: null }
  #open: OpenFile | undefined
  /** All files before the open one are complete. */
  #completed: Promise<void>
  #stopped = false

  constructor(deps: RecordingDeps) {
    this.#deps = deps
    this.#completed = deps.after ?? Promise.resolve()
  }

  info(info: StreamInfo): void {
    this.#info = info
  }

  frame(frame: Frame): void {
    if (this.#stopped) return
    try {
      if (this.#open && this.#isDue(frame, this.#open)) this.#finish()
      this.#open ??= this.#begin(frame)
      this.#open?.file.write(frame)
    } catch (error) {
      this.#stop(error)
    }
  }

  interrupted(): void {
    this.#finish()
    this.#stopped = true
  }

  closed(): void {
    this.interrupted()
  }

  /** Resolves when all files are complete. */
  async done(): Promise<void> {
    this.interrupted()
    await this.#completed
  }

  #isDue(frame: Frame, { startMs, tracks }: OpenFile): boolean {
    const { plan, durationMs, waitKeyframe } = this.#deps.settings
    const changed = this.#isMp4 && !sameTracks(tracks, this.#carried())
    const long = plan === 'segment' && timeMs(frame) - startMs >= durationMs
    if (!changed && !long) return false
    return (!changed && !waitKeyframe) || this.#mayStart(frame)
  }

  /** Whether a file may begin with this frame: as pictures can be decoded from there on. */
  #mayStart({ track, key }: Frame): boolean {
    const hasVideo = this.#carried().some(({ kind }) => kind === 'video')
    return hasVideo ? track.kind === 'video' && key : true
  }

  #begin(frame: Frame): OpenFile | undefined {
    const { settings, scheduler, logger, claim, release } = this.#deps
    const tracks = this.#carried()
    if (!tracks.some(({ id }) => id === frame.track.id)) return undefined
    // SRS: not one picture before the first key frame, but sound
    if (settings.waitKeyframe && frame.track.kind === 'video' && !frame.key) return undefined
    const target = this.#path()
    const file = new DvrFile(target, this.#muxer(tracks), {
      scheduler,
      claim,
      release,
      after: this.#completed,
      onFailed: (error) => this.#stop(error),
    })
    logger.info({ file: target }, 'recording')
    file.begin()
    return { file, tracks, startMs: timeMs(frame) }
  }

  #muxer(tracks: readonly Track[]): AppendMuxer {
    const { keepTimes } = this.#deps.settings
    return this.#isMp4 ? new Mp4AppendMuxer(tracks) : new FlvAppendMuxer(this.#info, { keepTimes })
  }

  get #isMp4(): boolean {
    return this.#deps.settings.path.endsWith('.mp4')
  }

  #carried(): readonly Track[] {
    return this.#isMp4 ? this.#info.tracks.filter(mp4Carries) : this.#info.tracks
  }

  #path(): string {
    const { key, settings, wallNowMs } = this.#deps
    const template = /\.(flv|mp4)$/.test(settings.path) ? settings.path : `${settings.path}/[stream].[timestamp].flv`
    return path.resolve(substitute(template, { ...timeVariables(wallNowMs(), settings.utc), ...streamVariables(key) }))
  }

  /** Completes the open file, in its own time. */
  #finish(): void {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    const { onFile, logger } = this.#deps
    this.#completed = open.file.finish().then((finished) => {
      if (!finished) return
      const { path: file, durationMs, sizeBytes } = finished
      logger.info({ file, duration_ms: Math.round(durationMs), bytes: sizeBytes }, 'recorded')
      onFile(finished)
    })
  }

  #stop(error: unknown): void {
    const { logger } = this.#deps
    const fields = { code: errorCode(error), error: errorMessage(error) }
    if (this.#stopped) logger.warn(fields, 'a recording could not be completed')
    else logger.warn(fields, 'recording stopped; the publish goes on')
    this.#stopped = true
    const open = this.#open
    this.#open = undefined
    if (open) this.#completed = open.file.abandon()
  }
}

function timeMs({ dtsTicks, track }: Frame): number {
  return rescale(dtsTicks, track.timescale, 1000)
}
