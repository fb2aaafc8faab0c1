import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

import { errorCode } from '@millrace/core'

import type { Env } from '../context.ts'
import { fail, ok, type Finding } from './finding.ts'

const TIMEOUT_MS = 2000

interface Port {
  readonly check: string
  readonly variable: string
  readonly fallback: number
  /** Whether Millrace is what listens there. */
  readonly isOurs: (host: string, port: number, env: Env) => Promise<boolean>
}

const PORTS: readonly Port[] = [
  {
    check: 'REST port',
    variable: 'MILLRACE_CONTROL_PORT',
    fallback: 4000,
    isOurs: answers('/v1/health', /"status":"ok"|"code":"/),
  },
  { check: 'RTMP port', variable: 'MILLRACE_RTMP_PORT', fallback: 1935, isOurs: speaksRtmp },
  {
    check: 'HTTP port',
    variable: 'MILLRACE_HTTP_PORT',
    fallback: 8080,
    isOurs: answers('/api/v1/versions', /"server":"vid-/),
  },
  {
    check: 'node API port',
    variable: 'MILLRACE_NODE_API_PORT',
    fallback: 1985,
    isOurs: answers('/api/v1/versions', /"server":"vid-/),
  },
]

/** Whether each port is served by Millrace, or free for it. */
export function checkPorts(env: Env): Promise<Finding[]> {
  const host = env['MILLRACE_HOST'] || '0.0.0.0'
  return Promise.all(
    PORTS.flatMap((port) => {
      const number = Number(env[port.variable] || port.fallback)
      // 0 takes any free one
      return number === 0 ? [] : [checkPort(port, host, number, env)]
    }),
  )
}

/** Whether WebRTC has its UDP port, or could have it. */
export async function checkRtcPort(env: Env): Promise<Finding[]> {
  const port = Number(env['MILLRACE_RTC_PORT'] || 8000)
  if (env['MILLRACE_RTC'] === 'off' || port === 0) return []
  const check = 'WebRTC port'
  const host = env['MILLRACE_HOST'] || '0.0.0.0'
  const code = await udpBindFailure(host, port)
  if (code === undefined) return [ok(check, `${port} (UDP) is free`)]
  if (code === 'EADDRINUSE' && (await takesOffers(host, Number(env['MILLRACE_HTTP_PORT'] || 8080))))
    return [ok(check, `${port} (UDP): Millrace listens`)]
  const fix = 'choose another with MILLRACE_RTC_PORT, or MILLRACE_RTC=off'
  return [fail(check, `${port} (UDP) cannot be used (${code})`, fix)]
}

async function checkPort({ check, variable, isOurs }: Port, host: string, port: number, env: Env): Promise<Finding> {
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  if (await canConnect(local, port)) {
    if (await isOurs(local, port, env)) return ok(check, `${port}: Millrace listens`)
    return fail(check, `${port} is taken by another program`, `stop that one, or choose another with ${variable}`)
  }
  const code = await bindFailure(host, port)
  if (code === undefined) return ok(check, `${port} is free`)
  return fail(check, `${port} cannot be used (${code})`, `choose another with ${variable}`)
}

/** Whether something takes connections there. */
export async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function bindFailure(host: string, port: number): Promise<string | undefined> {
  const server = net.createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return errorCode(error)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

async function udpBindFailure(host: string, port: number): Promise<string | undefined> {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
  try {
    socket.bind({ port, address: host, exclusive: true })
    await once(socket, 'listening')
    return undefined
  } catch (error) {
    return errorCode(error)
  } finally {
    socket.close()
  }
}

/** Whether a node takes offers of WebRTC by HTTP. @see RFC 9725 §4.2 */
async function takesOffers(host: string, port: number): Promise<boolean> {
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  try {
    const url = `http://${local.includes(':') ? `[${local}]` : local}:${port}/live/doctor/whip`
    const answer = await fetch(url, { method: 'OPTIONS', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return answer.headers.get('accept-post') === 'application/sdp'
  } catch {
    return false
  }
}

function answers(path: string, wanted: RegExp): Port['isOurs'] {
  return async (host, port, env) => {
    try {
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
      const token = env['MILLRACE_METRICS_TOKEN']
      const headers = token ? { authorization: `Bearer ${token}` } : {}
      return wanted.test(await (await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })).text())
    } catch {
      return false
    }
  }
}

/** Sends C0 and C1, and looks whether S0 has the version. @see RTMP 1.0 §5.2 */
async function speaksRtmp(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port })
  try {
    const hello = Buffer.alloc(1537)
    hello[0] = 3
    socket.write(hello)
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Buffer]
    return answer[0] === 3
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
