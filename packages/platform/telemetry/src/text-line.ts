import { entryText, readEntry } from './log-entry.ts'

const COLOURS: Readonly<Record<string, string>> = { debug: '90', warn: '33', error: '31' }

/**
 * Turns one JSON log line into `time LEVEL name message key=value …`, for people.
 * A line that is not JSON comes back as it is.
 *
 * @param colour ANSI colours for the level; default: on a terminal that has not set NO_COLOR
 */
export function textLine(json: string, colour: boolean = process.stdout.isTTY && !process.env['NO_COLOR']): string {
  const entry = readEntry(json)
  if (!entry) return json
  const { time, level, name, msg, ...fields } = entry
  const label = String(level).toUpperCase().padEnd(5)
  const code = colour ? COLOURS[String(level)] : undefined
  const head = `${String(time).slice(11, 23)} ${code ? `\x1b[${code}m${label}\x1b[0m` : label} ${String(name).padEnd(8)}`
  return `${head} ${entryText(msg, fields)}\n`
}
