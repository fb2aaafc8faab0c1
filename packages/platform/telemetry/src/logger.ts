import { closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'

import { CodedError, errorMessage, type LogFields, type Logger } from '@millrace/core'
import pino from 'pino'

import { redactFields, redactText } from './redact.ts'
import { textLine } from './text-line.ts'

/** From most to least talkative; `silent` writes nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  /** Which program writes: `control`, `worker`, `node` … */
  name: string
  /** Least level that is written, default `info`; a function is asked for each line. */
  level?: LogLevel | (() => LogLevel)
  /** `json` writes one object per line, `text` one readable line. Default: text on a terminal or with MILLRACE_LOG=text. */
  format?: 'json' | 'text'
  /** Where lines go, each with its line feed. Default: standard output, asynchronously, flushed at exit. */
  write?: (line: string) => void
}

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[]

/** The level named in an environment variable; `info` for anything that isn't one. */
export function logLevel(text: string | undefined): LogLevel {
  return text !== undefined && LEVELS.includes(text) ? (text as LogLevel) : 'info'
}

/**
 * A logger on pino. Every field and message passes redaction first: the values of secret fields and keys or
 * tokens inside any string (URLs above all) are never written.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { name, level = 'info', format = defaultFormat(), write = toStdout() } = options
  const least = typeof level === 'function' ? level : () => level
  const destination = { write: format === 'json' ? write : (line: string) => write(textLine(line)) }
  return wrap(
    pino(
      {
        level: 'debug',
        base: { name },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // redactFields has already turned errors into plain objects
        serializers: { err: (value: unknown) => value },
      },
      destination,
    ),
    (of) => LEVELS.indexOf(of) >= LEVELS.indexOf(least()),
  )
}

function defaultFormat(): 'json' | 'text' {
  const wanted = process.env['MILLRACE_LOG']
  if (wanted === 'text' || wanted === 'json') return wanted
  return process.stdout.isTTY ? 'text' : 'json'
}

/** Where log lines go. */
export interface LogOutput {
  write(line: string): void
  /** Resolves when everything written so far has gone out. */
  flush(): Promise<void>
}

/** Standard output; asynchronous, so that a reader of our output that stalls never stalls the event loop. */
export function openStdout(): LogOutput {
  // with its default of 0 it would call a flush done that it has not waited for
  const stdout = pino.destination({ dest: 1, sync: false, minLength: 1 })
  return {
    write: (line) => void stdout.write(line),
    flush: () => new Promise((resolve) => stdout.flush(() => resolve())),
  }
}

/** A file that lines are added to. */
export interface LogFile extends LogOutput {
  /** Opens the file of that name anew, after it was renamed. */
  reopen(): void
  /** Writes what is left, then nothing more. */
  close(): void
}

/**
 * Opens a file for log lines, with the folders above it; asynchronous as `openStdout`.
 *
 * @throws CodedError `LOG_FILE` when it can't be written to
 */
export function openLogFile(file: string): LogFile {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    closeSync(openSync(file, 'a', 0o664))
  } catch (cause) {
    throw new CodedError('LOG_FILE', `cannot write to the log file ${file}: ${errorMessage(cause)}`, { cause })
  }
  const lines = pino.destination({ dest: file, append: true, sync: false, minLength: 1 })
  // a full disk must not end the program
  lines.on('error', (error: unknown) => void process.stderr.write(`log file ${file}: ${errorMessage(error)}\n`))
  return {
    write: (line) => void lines.write(line),
    flush: () => new Promise((resolve) => lines.flush(() => resolve())),
    reopen: () => lines.reopen(),
    close: () => lines.end(),
  }
}

function toStdout(): (line: string) => void {
  const output = openStdout()
  return (line) => output.write(line)
}

function wrap(sink: pino.Logger, isWritten: (level: LogLevel) => boolean): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: LogFields, message: string) => {
    if (isWritten(level)) sink[level](redactFields(fields), redactText(message))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(sink.child(redactFields(fields)), isWritten),
  }
}
