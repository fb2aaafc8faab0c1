import os from 'node:os'

import { entryText, readEntry } from './log-entry.ts'

/** What a line in SRS's form says beside its own. */
export interface SrsLineOptions {
  readonly pid: number
  /** Id of lines that are of no session. */
  readonly cid: string
  /** Whether times are in UTC; else in the time zone of the machine. */
  readonly utc: boolean
  /** Names of levels: those of SRS 4, or those of SRS 5. */
  readonly levels: 'srs4' | 'srs5'
  /** Whether warnings are yellow and errors red, as on SRS's console. */
  readonly colour: boolean
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: Readonly<Record<SrsLineOptions['levels'], Readonly<Record<Level, string>>>> = {
  srs4: { debug: 'Debug', info: 'Trace', warn: 'Warn', error: 'Error' },
  srs5: { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' },
}
const COLOURS: Readonly<Record<string, string>> = { warn: '33', error: '31' }

/**
 * Turns one JSON log line into `[date][Level][pid][cid] message key=value …`, with `[errno]` behind the cid of warnings and errors: what
 * scripts for SRS's log look for. The line's `cid` is the id of a session, by which the API and callbacks call it, too.
 * A line that is not JSON comes back as it is.
 *
 * @see SRS 4 `srs_app_log.cpp`
 */
export function srsLine(json: string, { pid, cid: ownCid, utc, levels, colour }: SrsLineOptions): string {
  const entry = readEntry(json)
  if (!entry) return json
  const { time, level: given, name: _name, msg, cid = ownCid, errno, ...fields } = entry
  const level = isLevel(given) ? given : 'info'
  const number = level === 'warn' || level === 'error' ? `[${errnoOf(errno)}]` : ''
  const head = `[${dateText(new Date(String(time)), utc)}][${LEVELS[levels][level]}][${pid}][${String(cid)}]${number}`
  const line = `${head} ${entryText(msg, fields)}`
  const code = colour ? COLOURS[level] : undefined
  return code ? `\x1b[${code}m${line}\x1b[0m\n` : `${line}\n`
}

function isLevel(value: unknown): value is Level {
  return typeof value === 'string' && Object.hasOwn(LEVELS.srs4, value)
}

/** The number of an error of the operating system, by its name; 0 for none. */
function errnoOf(name: unknown): number {
  if (typeof name !== 'string') return 0
  return Object.entries(os.constants.errno).find(([known]) => known === name)?.[1] ?? 0
}

/** `2026-11-23 03:25:00.123`. */
function dateText(date: Date, utc: boolean): string {
  const shown = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shown.toISOString().slice(0, 23).replace('T', ' ')
}
