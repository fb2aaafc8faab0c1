import { hasPlainSegments } from '@millrace/contracts/plain'

/** Texts for the names in brackets. */
export type Variables = Readonly<Record<string, string>>

/** Puts texts in place of `[name]` in a template, once: brackets in a text stay what they are. Unknown names stay. */
export function substitute(template: string, variables: Variables): string {
  return template.replaceAll(/\[([A-Za-z0-9_]+)\]/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? variables[name]! : whole,
  )
}

/**
 * The time variables of SRS: `[2006]`, `[01]`, `[02]`, `[15]`, `[04]`, `[05]`, `[999]` are year, month, day, hour, minute, second
 * and millisecond of Go's reference time, `[timestamp]` is in milliseconds since the epoch.
 *
 * @param utc whether in UTC; else in the time zone of the machine
 * @see SRS 4 `full.conf`, "dvr_path"
 */
export function timeVariables(wallMs: number, utc: boolean): Variables {
  const date = new Date(wallMs)
  // as if the time zone's clock were that of UTC
  const shown = utc ? date : new Date(wallMs - date.getTimezoneOffset() * 60_000)
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', ms = ''] =
    /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)/.exec(shown.toISOString()) ?? []
  return {
    '2006': year,
    '01': month,
    '02': day,
    '15': hour,
    '04': minute,
    '05': second,
    '999': ms,
    timestamp: String(wallMs),
  }
}

/** Names of a stream for templates. Those that could lead out of a folder become one plain name. */
export function streamVariables({ vhost, app, name }: { vhost: string; app: string; name: string }): Variables {
  const safe = (text: string): string => (hasPlainSegments(text) ? text : text.replaceAll(/[/.]/g, '_'))
  return { vhost: safe(vhost), app: safe(app), stream: safe(name) }
}
