import { type ChildProcess, spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'

import type { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'

/** How a program ended: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Opens Node's IPC channel, for `nextMessage`. */
  readonly ipc?: boolean
  /** Characters of output kept, the oldest are dropped; default 200,000. */
  readonly maxLogChars?: number
  /** Called with each whole line the program prints on standard output. */
  readonly onLine?: (line: string) => void
}

interface Waiter {
  readonly accepts: (value: unknown) => boolean
  readonly resolve: (value: never) => void
  readonly reject: (reason: SupportError) => void
}

const STOP_GRACE_MS = 5_000

const running = new Set<ChildProcess>()

/** A test that crashes takes its programs with it. */
function killRunning(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** A program that a test runs: its output is kept bounded, and it never outlives the scope that started it. */
export class Program {
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #command: string
  readonly #lineWaiters = new Set<Waiter>()
  readonly #messageWaiters = new Set<Waiter>()
  readonly #messages: unknown[] = []
  #output: string[] = []
  #outputChars = 0
  #errorLines: string[] = []

  private constructor(child: ChildProcess, command: string, options: ProgramOptions) {
    this.#child = child
    this.#command = command
    this.pid = child.pid ?? -1
    if (running.size === 0) process.once('exit', killRunning)
    running.add(child)
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(child)
        if (running.size === 0) process.off('exit', killRunning)
        this.#failWaiters(`ended (${signal ?? code})`)
        resolve({ code, signal })
      })
    })
    const maxChars = options.maxLogChars ?? 200_000
    child.stdout?.on(
      'data',
      lines((line) => {
        this.#keep(line, maxChars)
        options.onLine?.(line)
      }),
    )
    child.stderr?.on(
      'data',
      lines((line) => {
        this.#keep(line, maxChars)
        if (this.#errorLines.length < 1_000) this.#errorLines.push(line)
      }),
    )
    child.on('message', (message) => this.#onMessage(message))
  }

  /** Starts `command` and stops it when `scope` closes. Rejects with `SUPPORT_SPAWN` when it is not there. */
  static async start(
    scope: Scope,
    command: string,
    args: readonly string[],
    options: ProgramOptions = {},
  ): Promise<Program> {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    const program = new Program(child, command, options)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (cause) => reject(new SupportError('SUPPORT_SPAWN', `cannot start ${command}`, { cause })))
    })
    child.on('error', () => {})
    scope.defer(async () => void (await program.stop()))
    return program
  }

  /** The newest output, standard output and error as they came. */
  get output(): string {
    return this.#output.join('\n')
  }

  /** The first 1,000 lines of standard error. */
  get errorLines(): readonly string[] {
    return this.#errorLines
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The first line, printed already or later, that fits; rejects when the program ends or stays silent. */
  line(wanted: RegExp | ((line: string) => boolean), timeoutMs = 20_000): Promise<string> {
    const accepts = typeof wanted === 'function' ? wanted : (line: string) => wanted.test(line)
    const printed = this.#output.find(accepts)
    if (printed !== undefined) return Promise.resolve(printed)
    return this.#wait(this.#lineWaiters, (line) => accepts(String(line)), timeoutMs, `the line ${String(wanted)}`)
  }

  /** The next IPC message that `accepts`; rejects when the program ends or stays silent. */
  message<T>(accepts: (message: unknown) => message is T, timeoutMs = 20_000): Promise<T> {
    const index = this.#messages.findIndex(accepts)
    if (index >= 0) return Promise.resolve(this.#messages.splice(index, 1)[0] as T)
    return this.#wait(this.#messageWaiters, accepts, timeoutMs, 'a message')
  }

  /** Waits for the end that the program comes to by itself; stops it and rejects when it takes longer. */
  async finished(timeoutMs: number): Promise<Exit> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      void this.stop('SIGKILL')
    }, timeoutMs)
    const exit = await this.exited
    clearTimeout(timer)
    if (late) throw this.#error(`did not end within ${timeoutMs} ms`)
    return exit
  }

  /** Ends the program with `signal`, with SIGKILL when it does not follow within five seconds; waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.running) {
      this.#child.kill(signal)
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS)
      await this.exited
      clearTimeout(timer)
    }
    return this.exited
  }

  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #wait<T>(waiters: Set<Waiter>, accepts: (value: unknown) => boolean, timeoutMs: number, what: string): Promise<T> {
    if (!this.running) return Promise.reject(this.#error(`ended before ${what}`))
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => waiter.reject(this.#error(`gave no sign of ${what} in ${timeoutMs} ms`)),
        timeoutMs,
      )
      const settle = (): void => {
        clearTimeout(timer)
        waiters.delete(waiter)
      }
      const waiter: Waiter = {
        accepts,
        resolve: (value) => (settle(), resolve(value)),
        reject: (reason) => (settle(), reject(reason)),
      }
      waiters.add(waiter)
    })
  }

  #keep(line: string, maxChars: number): void {
    this.#output.push(line)
    this.#outputChars += line.length
    if (this.#outputChars > 2 * maxChars) {
      while (this.#outputChars > maxChars) this.#outputChars -= this.#output.shift()?.length ?? maxChars
    }
    for (const waiter of this.#lineWaiters) if (waiter.accepts(line)) waiter.resolve(line as never)
  }

  #onMessage(message: unknown): void {
    for (const waiter of this.#messageWaiters) {
      if (waiter.accepts(message)) return waiter.resolve(message as never)
    }
    this.#messages.push(message)
  }

  #failWaiters(why: string): void {
    for (const waiter of [...this.#lineWaiters, ...this.#messageWaiters]) waiter.reject(this.#error(why))
  }

  #error(why: string): SupportError {
    return new SupportError('SUPPORT_PROGRAM', `${this.#command} ${why}; it printed:\n${this.output.slice(-4_000)}`)
  }
}

/** Command line words of a text in which blanks only separate. */
export const words = (text: string): string[] => text.trim().split(/\s+/)

/** Cuts a byte stream into lines of at most 10,000 characters. */
function lines(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder()
  let pending = ''
  return (chunk) => {
    const parts = (pending + decoder.write(chunk)).split('\n')
    pending = (parts.pop() ?? '').slice(-10_000)
    for (const part of parts) onLine(part.slice(0, 10_000))
  }
}
