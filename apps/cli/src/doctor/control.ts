import { isIP } from 'node:net'

import { answerOf, rows, type components, type MillraceClient } from '@millrace/client'
import { errorCode, errorMessage } from '@millrace/core'

import { controlUrl, findToken, type Env } from '../context.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { canConnect } from './ports.ts'

type Node = components['schemas']['Node']

/** A clock that is this far off makes dates in logs hard to compare; this far, signatures of webhooks are refused. */
const SKEW_WARN_MS = 2000
const SKEW_FAIL_MS = 60_000
const TIMEOUT_MS = 5000

/** Whether the control plane answers, and whether its clock is this machine's. */
export async function checkControl(env: Env): Promise<Finding[]> {
  const url = controlUrl(env)
  const startedMs = Date.now()
  let response: Response
  try {
    response = await fetch(new URL('/v1/health', url), { signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    const why = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error)
    return [fail('control plane', `${url} cannot be reached: ${why}`, 'start it (millrace start), or set MILLRACE_URL')]
  }
  const dateMs = Date.parse(response.headers.get('date') ?? '')
  const body = (await response.json().catch(() => ({}))) as { status?: string; version?: string; code?: string }
  if (body.status !== 'ok') {
    const why = body.code ?? `status ${response.status}`
    return [fail('control plane', `${url} answers ${why}`, 'see its log; it needs its database')]
  }
  return [ok('control plane', `${url} answers, version ${body.version}`), clockFinding(dateMs, startedMs)]
}

/** A Date header has whole seconds, cut off. */
function clockFinding(dateMs: number, startedMs: number): Finding {
  if (Number.isNaN(dateMs)) return warn('clock', 'the answer has no Date', 'let the proxy in between pass it on')
  const nowMs = Date.now()
  const skewMs = Math.max(0, startedMs - (dateMs + 1000), dateMs - nowMs)
  const text = `${(skewMs / 1000).toFixed(1)} s off the control plane's`
  const fix = 'set the clock of both machines by NTP'
  if (skewMs >= SKEW_FAIL_MS) return fail('clock', text, fix)
  return skewMs >= SKEW_WARN_MS ? warn('clock', text, fix) : ok('clock', 'agrees with the control plane')
}

/** Whether the token is valid, and whether nodes are there and can be reached under their public names. */
export async function checkNodes(env: Env, clientFor: (token: string) => MillraceClient): Promise<Finding[]> {
  const token = findToken(env)
  const fix = 'set MILLRACE_TOKEN to a token with nodes:read, or MILLRACE_DATA to the folder with admin-token'
  if (token === undefined) return [warn('token', 'none given: nodes were not looked at', fix)]
  const client = clientFor(token)
  try {
    const all = await Array.fromAsync(
      rows((cursor) => answerOf(client.GET('/v1/nodes', { params: { query: { limit: 100, ...cursor } } }))),
    )
    const ready = all.filter(({ state }) => state === 'ready')
    const findings = await Promise.all(ready.map((node) => checkNode(node)))
    return [ok('token', 'is valid'), nodesFinding(all, ready), ...findings.flat()]
  } catch (error) {
    return [fail('token', `${errorMessage(error)} (${errorCode(error)})`, fix)]
  }
}

function nodesFinding(all: readonly Node[], ready: readonly Node[]): Finding {
  const text = `${ready.length} of ${all.length} are ready`
  if (ready.length === 0)
    return fail('nodes', text, 'start a media node with MILLRACE_CONTROL_URL and MILLRACE_NODE_TOKEN')
  return ok('nodes', text)
}

async function checkNode({ name, addresses }: Node): Promise<Finding[]> {
  const check = `node ${name}`
  const urls = Object.values(addresses).filter((url) => typeof url === 'string')
  if (urls[0] === undefined) return [warn(check, 'it has told no address', 'see its log')]
  const unreached: string[] = []
  for (const url of urls) if (!(await canConnect(...hostAndPort(url)))) unreached.push(url)
  if (unreached.length > 0) {
    return [
      fail(
        check,
        `${unreached.join(' and ')} cannot be reached from here`,
        'open the ports, or set MILLRACE_PUBLIC_HOST to a name that leads there',
      ),
    ]
  }
  const [host] = hostAndPort(urls[0])
  if (isLoopback(host)) {
    return [
      warn(
        check,
        `its public host is ${host}, which means every viewer's own machine`,
        'set MILLRACE_PUBLIC_HOST unless all is on one machine',
      ),
    ]
  }
  return [ok(check, `reached at ${host}`)]
}

/** URL leaves the host of a scheme it doesn't know as it is, and the default ports of those it does unsaid. */
function hostAndPort(url: string): [host: string, port: number] {
  const { hostname, port, protocol } = new URL(url)
  const fallback = { 'http:': 80, 'https:': 443, 'rtmp:': 1935, 'rtmps:': 443 }[protocol] ?? 0
  return [hostname.replace(/^\[(.*)\]$/, '$1'), Number(port) || fallback]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
