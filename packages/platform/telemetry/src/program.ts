import { CodedError, Scope, errorCode, errorMessage, type Logger } from '@millrace/core'

import { createLogger, logLevel, openStdout, type LoggerOptions, type LogOutput } from './logger.ts'
import { redactText } from './redact.ts'

/** What a program tells its supervisor over Node's IPC channel. */
export type ProgramMessage =
  /** It serves. The rest is what it wants to say about itself: addresses, for example. */
  | { type: 'ready'; info: Readonly<Record<string, unknown>> }
  /** It could not start and ends now. `port` is there when a port was taken or forbidden. */
  | { type: 'failed'; code: string; message: string; port?: number }

export interface ProgramOptions {
  /** `control`, `worker`, `node` … : the logger's name. */
  name: string
  /**
   * Opens everything, in order, and leaves the closing of each part with `scope`. What it returns goes out with `ready`.
   * `end` ends the program as a signal would.
   */
  open: (scope: Scope, log: Logger, end: (reason: string) => void) => Promise<Readonly<Record<string, unknown>>>
  /** How long closing may take, default 4000 ms. */
  closeTimeoutMs?: number
  /** Signals that end it, default SIGINT, SIGTERM and SIGHUP. */
  endSignals?: readonly NodeJS.Signals[]
  /** Whether it is a daemon: once it serves it has no supervisor any more, and stays. Default false. */
  daemon?: boolean
  /** Where log lines go, default standard output. */
  output?: LogOutput
  /** Least level that is logged, default that of `MILLRACE_LOG_LEVEL`. */
  level?: LoggerOptions['level']
  /** Form of log lines, default as `createLogger` has it. */
  format?: 'json' | 'text'
}

/**
 * Runs a program for the life of its process. It closes its scope and exits with 0 at a signal or when its
 * supervisor has gone; with 1 when it could not start, or failed in a way nobody handled. A second signal ends it at once.
 * Logs at `MILLRACE_LOG_LEVEL`.
 */
export async function runProgram(options: ProgramOptions): Promise<void> {
  const { daemon = false } = options
  const { name, open, closeTimeoutMs = 4000, endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'], format } = options
  const { output = openStdout(), level = logLevel(process.env['MILLRACE_LOG_LEVEL']) } = options
  const log = createLogger({ name, level, write: (line) => output.write(line), ...(format && { format }) })
  const scope = new Scope()
  let stopping = false

  async function stop(reason: string, exitCode: number): Promise<void> {
    if (stopping) process.exit(exitCode || 1)
    stopping = true
    log.debug({ reason }, 'closing')
    setTimeout(() => {
      log.error({ timeoutMs: closeTimeoutMs }, 'closing took too long')
      process.exit(1)
    }, closeTimeoutMs).unref()
    await scope.close().catch((err: unknown) => log.error({ err }, 'closing failed'))
    // what is still being written when the process exits would come out behind what is not
    await output.flush()
    process.exit(exitCode)
  }
  const crash = (err: unknown): void => {
    log.error({ err }, 'unhandled failure')
    void stop('unhandled failure', 1)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  for (const signal of endSignals) process.on(signal, () => void stop(signal, 0))
  if (!daemon) process.on('disconnect', () => void stop('supervisor has gone', 0))

  try {
    const info = await open(scope, log, (reason) => void stop(reason, 0))
    tell({ type: 'ready', info }, daemon ? () => process.disconnect?.() : undefined)
  } catch (err) {
    if (stopping) return
    const code = errorCode(err)
    const message = redactText(errorMessage(err))
    const port = portOf(err)
    // a supervisor says it; an error with a code is expected, and its message says it all
    if (!process.connected || code === 'UNKNOWN') {
      log.error(code === 'UNKNOWN' ? { err } : { code }, `cannot start: ${message}`)
    }
    tell({ type: 'failed', code, message, ...(port !== undefined && { port }) })
    await stop('cannot start', 1)
  }
}

/** The port that an error is about: in Node's own errors a property, in ours a detail. */
function portOf(error: unknown): number | undefined {
  const { port } = error instanceof CodedError ? error.details : (error as { port?: unknown })
  return typeof port === 'number' ? port : undefined
}

/** @param done called when the supervisor has it */
function tell(message: ProgramMessage, done = (): void => {}): void {
  // a supervisor that has just gone is dealt with by `disconnect`
  if (process.connected) process.send?.(message, undefined, undefined, done)
}
