/** A log line, taken apart. */
export type LogEntry = Readonly<Record<string, unknown>>

const BARE = /^[\w./:@+-]+$/

/** The fields of a line of JSON; undefined for a line of anything else. */
export function readEntry(json: string): LogEntry | undefined {
  try {
    return JSON.parse(json) as LogEntry
  } catch {
    return undefined
  }
}

/** `message key=value …` on one line: what a peer put into a message must not forge a second one or move the cursor. */
export function entryText(message: unknown, fields: LogEntry): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${valueText(value)}`)
  return `${oneLine(String(message))}${pairs.join('')}`
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && BARE.test(value)) return value
  return JSON.stringify(value)
}

function oneLine(message: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return message.replace(/[\x00-\x1f\x7f]/g, (character) => JSON.stringify(character).slice(1, -1))
}
