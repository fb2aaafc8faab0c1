import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

import { CodedError, errorMessage, FormatError } from '@millrace/core'

import { findProgram } from '../../io/child.ts'
import type { Engine, EngineListener, EngineStream } from './engine.ts'
import type { StreamFormat } from './messages.ts'
import { pipeInput, pipeOutput, type PipeInput, type PipeOutput } from './pipe-formats.ts'
import { DriftWatch, SampleClock } from './sample-clock.ts'

/** One frame tells it all; more would be waited for. */
const BEFORE_INPUT = '-nostdin -v quiet -analyzeduration 0 -probesize 32 -max_ts_probe 1'.split(' ')
/** In the place of what can't be decoded there is silence. */
const BEFORE_OUTPUT = '-i pipe:0 -map 0:a -ac 2 -af aresample=48000:async=1:first_pts=0 -flush_packets 1'.split(' ')

/** Codecs in a program `ffmpeg` of each stream's own. */
export function ffmpegEngine(): Engine {
  let program = ''
  const streams = new Set<FfmpegStream>()
  return {
    async start() {
      program = findProgram('ffmpeg')
    },
    open(format, listener) {
      const stream = new FfmpegStream(program, format, listener, () => streams.delete(stream))
      streams.add(stream)
      return stream
    },
    async close() {
      await Promise.all(
        [...streams].map((stream) => {
          stream.close()
          return stream.exited
        }),
      )
    },
  }
}

/** One program. Its pipes carry no timestamps: they are found again by counting samples. */
class FfmpegStream implements EngineStream {
  readonly exited: Promise<void>
  readonly #listener: EngineListener
  readonly #input: PipeInput
  readonly #output: PipeOutput
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #clock = new SampleClock()
  readonly #drift = new DriftWatch()
  /** Where each frame that isn't done with ends. */
  readonly #ends: number[] = []
  /** Samples that have gone in, and come out. */
  #written = 0
  #read = 0
  #closed = false

  constructor(program: string, format: StreamFormat, listener: EngineListener, onExited: () => void) {
    this.#listener = listener
    this.#input = pipeInput(format.from)
    this.#output = pipeOutput(format.to)
    const args = [...BEFORE_INPUT, ...this.#input.args, ...BEFORE_OUTPUT, ...this.#output.args, 'pipe:1']
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.exited = promise
    const ended = (reason: string): void => {
      onExited()
      resolve()
      this.#fail(reason)
    }
    this.#child.on('error', (error) => ended(error.message))
    this.#child.on('exit', (status, signal) => ended(`ffmpeg ended (${signal ?? status})`))
    // its end is told by itself
    this.#child.stdin.on('error', () => {})
    this.#child.stdout.on('data', (chunk: Buffer) => this.#readOutput(chunk))
    this.#child.stdin.write(this.#input.head)
  }

  push(payload: Uint8Array, pts: number): void {
    if (this.#closed) return
    let frame
    try {
      frame = this.#input.write(payload)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      // counted as done with the frames before it
      this.#ends.push(this.#written)
      return
    }
    this.#follow(pts, frame.samples)
    this.#written += frame.samples
    this.#ends.push(this.#written)
    this.#child.stdin.write(frame.bytes)
  }

  close(): void {
    this.#closed = true
    this.#child.kill('SIGKILL')
  }

  #follow(pts: number, samples: number): void {
    const position = Math.round(this.#written)
    const expected = this.#clock.timeAt(position)
    if (expected === undefined) return this.#clock.set(position, pts)
    const correction = this.#drift.observe(pts - expected, samples)
    if (correction === undefined) return
    this.#clock.set(position, correction.kind === 'jump' ? pts : expected + correction.samples)
  }

  #readOutput(chunk: Uint8Array): void {
    if (this.#closed) return
    try {
      for (const frame of this.#output.read(chunk)) {
        const { frameSamples, paddingSamples } = this.#output
        const pts = this.#clock.timeOfFrame(this.#read - paddingSamples, frameSamples)
        this.#read += frameSamples
        this.#listener.frame(frame, pts)
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return this.#fail(errorMessage(error))
    }
    const pending = this.#ends.findIndex((end) => end > this.#read)
    const done = pending < 0 ? this.#ends.length : pending
    this.#ends.splice(0, done)
    if (done > 0) this.#listener.done(done)
  }

  #fail(reason: string): void {
    if (this.#closed) return
    this.close()
    this.#listener.failed(new CodedError('TRANSCODE_PROGRAM', reason))
  }
}
