import { spawn, type ChildProcess } from 'node:child_process'

import { ServiceError, backoffMs, type Logger } from '@millrace/core'
import type { ProgramMessage } from '@millrace/telemetry'

import type { Processes } from './processes.ts'

/** A program to keep running. */
export interface ChildSpec {
  name: string
  /** Path of its `main.ts`. */
  main: string
  /** Changes to this process's environment, undefined to take a variable away; asked for at each start. */
  env: () => Readonly<Record<string, string | undefined>>
}

export interface ChildDeps {
  log: Logger
  processes: Processes
  /** Called once, when the program cannot be brought back. */
  onLost: (error: ServiceError) => void
}

/** What the program said when it was ready. */
export type ReadyInfo = Readonly<Record<string, unknown>>

const START_TIMEOUT_MS = 60_000
/** A program that has run this long is sound: the next failure counts as its first. */
const SOUND_AFTER_MS = 60_000
const MAX_FAILED_STARTS = 5

/**
 * A program as a child process: told apart from this process's group, so that the terminal's Ctrl-C reaches this process
 * alone, and bound to it by the IPC channel, so that it ends when this process has gone. One that dies is started again.
 */
export class Child {
  readonly #spec: ChildSpec
  readonly #deps: ChildDeps
  #process: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #closing = false
  #closed: Promise<void> | undefined
  #readyMs = 0
  #restarts = 0
  #failedStarts = 0
  #restartTimer: NodeJS.Timeout | undefined

  constructor(spec: ChildSpec, deps: ChildDeps) {
    this.#spec = spec
    this.#deps = deps
  }

  /**
   * Starts the program; resolves when it is ready. Throws `CHILD_FAILED` when it says that it cannot start (`details.code`
   * and `details.port` are its own), ends, or says nothing for a minute.
   */
  async start(): Promise<ReadyInfo> {
    const { name, main, env } = this.#spec
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
      env: { ...process.env, ...env() },
    })
    this.#process = child
    if (child.pid !== undefined) this.#deps.processes.add(name, child.pid)
    const exited = Promise.withResolvers<void>()
    this.#exited = exited.promise
    const ready = Promise.withResolvers<ReadyInfo>()
    const fail = (why: string, details = {}): void =>
      ready.reject(new ServiceError('CHILD_FAILED', why, { details: { name, ...details } }))
    const timer = setTimeout(() => {
      fail(`${name} was not ready in ${START_TIMEOUT_MS / 1000} s`)
      child.kill('SIGKILL')
    }, START_TIMEOUT_MS)
    child.on('message', (message: ProgramMessage) => {
      if (message.type === 'ready') ready.resolve(message.info)
      else fail(message.message, { code: message.code, ...(message.port !== undefined && { port: message.port }) })
    })
    child.on('error', (error) => fail(`${name} cannot be run: ${error.message}`))
    let up = false
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      this.#deps.processes.remove(name)
      fail(`${name} ended (${signal ?? code}) before it was ready`)
      exited.resolve()
      if (up && !this.#closing) this.#died(code, signal)
    })
    const info = await ready.promise
    up = true
    clearTimeout(timer)
    this.#readyMs = performance.now()
    this.#failedStarts = 0
    return info
  }

  /**
   * Asks the program to close, once, kills it after `graceMs`, and waits for its end. It is not started again; a start that is
   * under way fails.
   */
  close(graceMs: number): Promise<void> {
    this.#closing = true
    return (this.#closed ??= this.#close(graceMs))
  }

  async #close(graceMs: number): Promise<void> {
    clearTimeout(this.#restartTimer)
    const child = this.#process
    child?.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#deps.log.warn({ child: this.#spec.name, graceMs }, 'did not close in time: killed')
      child?.kill('SIGKILL')
    }, graceMs)
    await this.#exited
    clearTimeout(timer)
  }

  #died(code: number | null, signal: NodeJS.Signals | null): void {
    if (performance.now() - this.#readyMs > SOUND_AFTER_MS) this.#restarts = 0
    const delayMs = backoffMs(this.#restarts++, { baseMs: 200, maxMs: 10_000 })
    this.#deps.log.error({ child: this.#spec.name, code, signal, restartInMs: delayMs }, 'died, will be started again')
    this.#restartIn(delayMs)
  }

  #restartIn(delayMs: number): void {
    this.#restartTimer = setTimeout(() => {
      this.start().then(
        () => this.#deps.log.info({ child: this.#spec.name }, 'started again'),
        (error: ServiceError) => this.#restartFailed(error),
      )
    }, delayMs)
  }

  #restartFailed(error: ServiceError): void {
    if (this.#closing) return
    if (++this.#failedStarts >= MAX_FAILED_STARTS) return this.#deps.onLost(error)
    const delayMs = backoffMs(this.#restarts++, { baseMs: 200, maxMs: 10_000 })
    this.#deps.log.error({ child: this.#spec.name, restartInMs: delayMs }, `cannot start: ${error.message}`)
    this.#restartIn(delayMs)
  }
}
