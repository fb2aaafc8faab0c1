import type { ServerConfig } from '@millrace/config'
import { errorMessage } from '@millrace/core'
import {
  openLogFile,
  openStdout,
  srsLine,
  textLine,
  type LogFile,
  type LogLevel,
  type LogOutput,
} from '@millrace/telemetry'

import { newClientId } from '../admission/client-id.ts'

const LEVELS: Readonly<Record<ServerConfig['srs_log_level'], LogLevel>> = {
  verbose: 'debug',
  info: 'debug',
  trace: 'info',
  warn: 'warn',
  error: 'error',
}
/** SRS 5 gave the levels the names that others have for them. */
const LEVELS_V2: Readonly<Record<Exclude<ServerConfig['srs_log_level_v2'], ''>, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
}

/** Where a node with a configuration file logs to, from which level on and in which form; it follows the file. */
export class ConfLog implements LogOutput {
  readonly #stdout = openStdout()
  /** Of lines that are of no session. */
  readonly #cid = newClientId()
  #config: ServerConfig
  #file: { readonly path: string; readonly log: LogFile } | undefined

  /** @throws CodedError `LOG_FILE` when the log file can't be written to */
  constructor(config: ServerConfig) {
    this.#config = config
    this.#open()
  }

  get level(): LogLevel {
    const { srs_log_level: level, srs_log_level_v2: v2 } = this.#config
    return v2 === '' ? LEVELS[level] : LEVELS_V2[v2]
  }

  /** Whether lines go to a file. */
  get hasFile(): boolean {
    return this.#file !== undefined
  }

  /** Takes a line of JSON. */
  write(json: string): void {
    const output = this.#file?.log ?? this.#stdout
    output.write(this.#inForm(json))
  }

  async flush(): Promise<void> {
    await this.#stdout.flush()
    await this.#file?.log.flush()
  }

  /** The file was renamed: opens it anew. */
  reopen(): void {
    this.#file?.log.reopen()
  }

  /** Goes on by another configuration. A file that can't be written to leaves all as it was; returns why. */
  update(config: ServerConfig): string | undefined {
    const former = this.#config
    this.#config = config
    try {
      this.#open()
      return undefined
    } catch (error) {
      const { srs_log_tank, srs_log_file } = former
      this.#config = { ...config, srs_log_tank, srs_log_file }
      return errorMessage(error)
    }
  }

  #open(): void {
    const { srs_log_tank: tank, srs_log_file: path } = this.#config
    const wanted = tank === 'console' ? undefined : path
    if (wanted === this.#file?.path) return
    const file = wanted === undefined ? undefined : { path: wanted, log: openLogFile(wanted) }
    this.#file?.log.close()
    this.#file = file
  }

  #inForm(json: string): string {
    const { srs_log_format: format, srs_log_level_v2: v2, utc_time: utc } = this.#config
    if (format === 'json') return json
    const colour = !this.#file && process.stdout.isTTY && !process.env['NO_COLOR']
    if (format === 'text') return textLine(json, colour)
    return srsLine(json, { pid: process.pid, cid: this.#cid, utc, levels: v2 === '' ? 'srs4' : 'srs5', colour })
  }
}
