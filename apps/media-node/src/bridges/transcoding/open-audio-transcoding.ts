import { availableParallelism } from 'node:os'

import { CodedError, errorCode, errorMessage, rescale, type Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

import { systemScheduler } from '../../io/clock.ts'
import type { AudioTranscoder, AudioTranscoding, AudioTranscodingOptions } from '../audio-transcoding.ts'
import { Backlog } from './backlog.ts'
import type { Engine, EngineListener, EngineStream } from './engine.ts'
import { ffmpegEngine } from './ffmpeg-engine.ts'
import { OUTPUT_RATE } from './messages.ts'
import { WorkerPool } from './worker-pool.ts'

export interface TranscodingSettings {
  readonly scheduler?: Scheduler
  /** Most threads; default one less than there are cores, at least one. */
  readonly maxWorkers?: number
  /** A thread without work ends after so long; default 5 s. */
  readonly idleMs?: number
  /** Where codecs may run, the first that is there is taken; default `node-av`, then a program `ffmpeg` for each stream. */
  readonly engines?: readonly ('node-av' | 'ffmpeg')[]
}

/** Makes sound of other sound, with what the machine has for it. Nothing is loaded or started before the first stream. */
export function openAudioTranscoding(logger: Logger, settings: TranscodingSettings = {}): AudioTranscoding {
  let engine: Promise<Engine> | undefined
  let closed = false
  return {
    open(options) {
      if (closed) engine = Promise.reject(new CodedError('TRANSCODE_CLOSED', 'no sound is transcoded any more'))
      engine ??= startEngine(logger, settings)
      // what isn't there now may be installed later
      engine.catch(() => (engine = undefined))
      return new Transcoder(engine, options, logger)
    },
    async close() {
      if (closed) return
      closed = true
      const started = await engine?.catch(() => undefined)
      await started?.close()
    },
  }
}

async function startEngine(logger: Logger, settings: TranscodingSettings): Promise<Engine> {
  const { scheduler = systemScheduler, idleMs = 5000, engines = ['node-av', 'ffmpeg'] } = settings
  const maxWorkers = settings.maxWorkers ?? Math.max(1, availableParallelism() - 1)
  const reasons: string[] = []
  for (const name of engines) {
    try {
      const engine = name === 'ffmpeg' ? ffmpegEngine() : new WorkerPool({ logger, scheduler, maxWorkers, idleMs })
      await engine.start()
      logger.info({ engine: name }, 'sound codecs found')
      return engine
    } catch (error) {
      reasons.push(`${name}: ${errorMessage(error)}`)
    }
  }
  throw new CodedError('TRANSCODE_UNAVAILABLE', `there are no sound codecs: ${reasons.join('; ')}`)
}

/** A stream's way into an engine. What comes before that is there waits, as what the engine is behind with does. */
class Transcoder implements AudioTranscoder, EngineListener {
  readonly #options: AudioTranscodingOptions
  readonly #logger: Logger
  readonly #backlog = new Backlog()
  #early: { readonly payload: Uint8Array; readonly pts: number }[] = []
  #stream: EngineStream | undefined
  #ended = false

  constructor(engine: Promise<Engine>, options: AudioTranscodingOptions, logger: Logger) {
    this.#options = options
    this.#logger = logger
    engine.then(
      (opened) => this.#begin(opened),
      (error: Error) => this.failed(error),
    )
  }

  get droppedFrames(): number {
    return this.#backlog.dropped
  }

  push(payload: Uint8Array, ptsTicks: number): void {
    if (this.#ended) return
    const pts = rescale(ptsTicks, this.#options.from.timescale, OUTPUT_RATE)
    if (!this.#backlog.add(payload.byteLength, pts)) {
      if (this.droppedFrames === 1) this.#logger.warn({}, 'sound is dropped: its codecs are behind')
      return
    }
    if (this.#stream) this.#stream.push(payload, pts)
    else this.#early.push({ payload, pts })
  }

  close(): void {
    this.#ended = true
    this.#early = []
    this.#stream?.close()
    this.#stream = undefined
  }

  // --- what the engine says ---

  frame(payload: Uint8Array, pts: number): void {
    if (!this.#ended) this.#options.onFrame(payload, pts)
  }

  done(frames: number): void {
    this.#backlog.done(frames)
  }

  failed(error: Error): void {
    if (this.#ended) return
    this.close()
    this.#options.onFailed(error)
  }

  #begin(engine: Engine): void {
    if (this.#ended) return
    const { from, to } = this.#options
    const { codec, config, sampleRate, channels, timescale } = from
    try {
      this.#stream = engine.open({ from: { codec, config, sampleRate, channels, timescale }, to }, this)
    } catch (error) {
      this.failed(error instanceof CodedError ? error : new CodedError(errorCode(error), errorMessage(error)))
      return
    }
    this.#logger.info({ from: codec, to: to.codec }, 'sound is transcoded')
    for (const { payload, pts } of this.#early) this.#stream.push(payload, pts)
    this.#early = []
  }
}
