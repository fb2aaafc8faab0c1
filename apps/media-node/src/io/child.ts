import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import path from 'node:path'

import { backoffMs, CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

/** A program that is to run for as long as it is wanted. */
export interface ChildCommand {
  /** For the log. */
  readonly name: string
  /** Path of the program, or a name that is looked for in `PATH`. */
  readonly program: string
  /** As the program gets them: no shell reads them. */
  readonly args: readonly string[]
  /** Files that its output is appended to; without, it goes nowhere. */
  readonly stdout?: string | undefined
  readonly stderr?: string | undefined
  /** It is run once, and then is done; as others are, it is waited for when the node ends, and killed when it takes too long. */
  readonly once?: boolean
}

/** A program under supervision. */
export interface Child {
  /** Of the process that runs at the moment, which is its process group's, too. */
  readonly pid: number | undefined
  /** Ends it with all it has started, for good. Resolves when none is left. */
  stop(): Promise<void>
}

export interface ChildrenOptions {
  readonly logger: Logger
  readonly scheduler: Scheduler
  /** Most programs at once; others wait for a place. Default 256. */
  readonly maxChildren?: number
  /** Time from SIGTERM to SIGKILL, default 2000 ms. */
  readonly killMs?: number
}

/** For each place, programs that are to be run once and may wait for it. */
const MAX_WAITING = 32
/** @see SRS: what has ended is started again after 3 s */
const AGAIN_MS = 3000
const MAX_CHILDREN = 256
/** A program that ran for so long, or ended well, has not failed to start. */
const STEADY_MS = 10_000

/**
 * Runs programs and keeps them running: what ends is started again, after 3 s when it ended well or ran for ten seconds, with
 * growing delays up to 30 s when it failed at once. Each has a process group of its own, which ends as a whole. Where there is
 * `setpriv`, the kernel kills the program when the node is killed.
 */
export class Children {
  readonly #options: ChildrenOptions
  readonly #children = new Set<SupervisedChild>()
  readonly #slots: Slots

  constructor(options: ChildrenOptions) {
    this.#options = options
    this.#slots = { free: options.maxChildren ?? MAX_CHILDREN, waiting: [] }
  }

  /** Programs that are wanted. */
  get size(): number {
    return this.#children.size
  }

  /** @throws CodedError `CHILD_LIMIT` for one that is to be run once when too many wait for that already */
  start(command: ChildCommand): Child {
    if (command.once && this.size >= MAX_WAITING * (this.#options.maxChildren ?? MAX_CHILDREN)) {
      throw new CodedError('CHILD_LIMIT', 'too many programs wait to be run')
    }
    const child = new SupervisedChild(command, this.#options, this.#slots, () => this.#children.delete(child))
    this.#children.add(child)
    child.run()
    return child
  }

  /** Ends all. */
  async close(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()))
  }
}

/** Places for processes. */
interface Slots {
  free: number
  /** Called one by one, each when there is a place. */
  readonly waiting: (() => void)[]
}

class SupervisedChild implements Child {
  readonly #command: ChildCommand
  readonly #options: ChildrenOptions
  readonly #slots: Slots
  readonly #onStopped: () => void
  #process: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined
  #stopping: Promise<void> | undefined
  /** In a row. */
  #failures = 0

  constructor(command: ChildCommand, options: ChildrenOptions, slots: Slots, onStopped: () => void) {
    this.#command = command
    this.#options = options
    this.#slots = slots
    this.#onStopped = onStopped
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  run(): void {
    this.#cancelTimer = undefined
    if (this.#stopping) return
    if (this.#command.once && this.#slots.free === 0) {
      this.#slots.waiting.push(() => this.run())
      return
    }
    try {
      if (this.#slots.free === 0) throw new CodedError('CHILD_LIMIT', 'too many programs are running')
      this.#spawn()
    } catch (error) {
      const fields = { code: errorCode(error), error: errorMessage(error) }
      if (this.#command.once) this.#done('warn', fields)
      else this.#failed(fields)
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  #spawn(): void {
    const { program, args, stdout, stderr } = this.#command
    const found = findProgram(program)
    const [file, ...argv] = [...tiedToNode(), found, ...args] as [string, ...string[]]
    const outputs = openOutputs(stdout, stderr)
    let child: ChildProcess
    try {
      // a group of its own, so that it ends with all it has started
      child = spawn(file, argv, { stdio: outputs.stdio, detached: true, env: process.env })
    } finally {
      outputs.close()
    }
    const startedAtMs = this.#options.scheduler.nowMs()
    this.#slots.free--
    this.#process = child
    this.#log('info', { pid: child.pid }, 'program started')
    const exited = Promise.withResolvers<void>()
    this.#exited = exited.promise
    const ended = (fields: Record<string, string | number | null>, ok: boolean): void => {
      if (this.#process !== child) return
      this.#process = undefined
      this.#slots.free++
      killGroup(child.pid, 'SIGKILL')
      exited.resolve()
      const { waiting } = this.#slots
      while (this.#slots.free > 0 && waiting.length > 0) waiting.shift()?.()
      this.#ended(fields, ok || this.#options.scheduler.nowMs() - startedAtMs >= STEADY_MS)
    }
    child.on('error', (error) => ended({ code: errorCode(error), error: error.message }, false))
    child.on('exit', (status, signal) => ended({ status, signal }, status === 0))
  }

  #ended(fields: Record<string, string | number | null>, ok: boolean): void {
    if (this.#command.once) return this.#done(ok ? 'info' : 'warn', fields)
    if (this.#stopping) return this.#log('info', fields, 'program ended')
    if (!ok) return this.#failed(fields)
    this.#failures = 0
    this.#log('info', { ...fields, again_ms: AGAIN_MS }, 'program ended')
    this.#again(AGAIN_MS)
  }

  /** What is run once has ended, however it did. */
  #done(level: 'info' | 'warn', fields: Record<string, string | number | null>): void {
    this.#log(level, fields, 'program ended')
    if (!this.#stopping) this.#onStopped()
  }

  #failed(fields: Record<string, string | number | null>): void {
    const delayMs = backoffMs(this.#failures++, { baseMs: 1000, maxMs: 30_000 })
    this.#log('warn', { ...fields, again_ms: delayMs }, 'program failed')
    this.#again(delayMs)
  }

  #again(delayMs: number): void {
    this.#cancelTimer = this.#options.scheduler.after(delayMs, () => this.run())
  }

  async #end(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const { scheduler, killMs = 2000 } = this.#options
    const pid = this.#process?.pid
    if (pid !== undefined) {
      if (!this.#command.once) killGroup(pid, 'SIGTERM')
      const cancel = scheduler.after(killMs, () => killGroup(pid, 'SIGKILL'))
      await this.#exited
      cancel()
    }
    this.#onStopped()
  }

  #log(level: 'info' | 'warn', fields: Record<string, unknown>, message: string): void {
    this.#options.logger[level]({ child: this.#command.name, ...fields }, message)
  }
}

/**
 * The program's file: a path, or a name that is looked for in `PATH`. SRS: an FFmpeg whose path leads nowhere is looked for there,
 * too, as distributions put it elsewhere than SRS's build does.
 *
 * @throws CodedError `CHILD_PROGRAM` when there is none
 */
export function findProgram(program: string): string {
  if (program.includes('/') && isExecutable(program)) return path.resolve(program)
  const name = path.basename(program)
  if (!program.includes('/') || name === 'ffmpeg') {
    const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
    const found = folders.map((folder) => path.join(folder, name)).find(isExecutable)
    if (found !== undefined) return found
  }
  throw new CodedError('CHILD_PROGRAM', `there is no program ${program}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** Words before a command line that make the kernel kill the program when the node is killed, where that can be had. */
function tiedToNode(): readonly string[] {
  if (process.platform !== 'linux') return []
  try {
    return [findProgram('setpriv'), '--pdeathsig', 'KILL', '--']
  } catch {
    return []
  }
}

function openOutputs(stdout?: string, stderr?: string): { stdio: StdioOptions; close: () => void } {
  const files: number[] = []
  const openOutput = (file: string | undefined): number | 'ignore' => {
    if (file === undefined || file === '/dev/null') return 'ignore'
    mkdirSync(path.dirname(file), { recursive: true })
    const descriptor = openSync(file, 'a', 0o644)
    files.push(descriptor)
    return descriptor
  }
  const close = (): void => files.forEach((descriptor) => closeSync(descriptor))
  try {
    return { stdio: ['ignore', openOutput(stdout), openOutput(stderr)], close }
  } catch (error) {
    close()
    throw error
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // nobody of the group is left
  }
}
