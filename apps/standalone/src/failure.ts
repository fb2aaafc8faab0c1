import { CodedError, errorMessage } from '@millrace/core'

/** Ports, their variables and what they are without them. */
const PORTS: readonly [variable: string, port: number][] = [
  ['MILLRACE_CONTROL_PORT', 4000],
  ['MILLRACE_RTMP_PORT', 1935],
  ['MILLRACE_RTMPS_PORT', 1936],
  ['MILLRACE_HTTP_PORT', 8080],
  ['MILLRACE_NODE_API_PORT', 1985],
  ['MILLRACE_RTC_PORT', 8000],
]

/** Why it could not start, or cannot go on, in one line that names the fix. */
export function failureLine(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const text = errorMessage(error)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  if (!(error instanceof CodedError)) return text
  if (error.code === 'EMBEDDED_PG_IN_USE') return `${text}: stop that one, or choose another folder with MILLRACE_DATA`
  const { port } = error.details
  const variable = PORTS.find(([name, fallback]) => Number(env[name] || fallback) === port)?.[0]
  return variable === undefined ? text : `${text}: stop that one, or choose another port with ${variable}`
}
