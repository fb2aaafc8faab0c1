const COLOURS: Readonly<Record<string, string>> = { debug: '90', warn: '33', error: '31' }
const BARE = /^[\w./:@+-]+$/

/**
 * Turns one JSON log line into `time LEVEL name message key=value …`, for people.
 * A line that is not JSON comes back as it is.
 *
 * @param colour ANSI colours for the level; default: on a terminal that has not set NO_COLOR
 */
export function textLine(json: string, colour: boolean = process.stdout.isTTY && !process.env['NO_COLOR']): string {
  const entry = parse(json)
  if (!entry) return json
  const { time, level, name, msg, ...fields } = entry
  const label = String(level).toUpperCase().padEnd(5)
  const code = colour ? COLOURS[String(level)] : undefined
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${text(value)}`)
  const head = `${String(time).slice(11, 23)} ${code ? `\x1b[${code}m${label}\x1b[0m` : label} ${String(name).padEnd(8)}`
  return `${head} ${oneLine(String(msg))}${pairs.join('')}\n`
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  if (typeof value === 'string' && BARE.test(value)) return value
  return JSON.stringify(value)
}

/** What a peer put into a message must not forge a second line or move the cursor. */
function oneLine(message: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return message.replace(/[\x00-\x1f\x7f]/g, (character) => JSON.stringify(character).slice(1, -1))
}
