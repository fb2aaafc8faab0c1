import { DEFAULT_VHOST_NAME, type Endpoint, type VhostConfig } from '@millrace/config'
import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../admission/admission.ts'
import type { ClusterOrigin } from '../srs-api/clusters.ts'
import { askJson, isRecord } from './ask-json.ts'
import { withoutVhost } from './upstream.ts'

const TIMEOUT_MS = 3000

/** The URL under which an origin of the cluster has a stream; undefined if none has it. All are asked at once. */
export async function findAtCoworkers(
  { coworkers }: VhostConfig['cluster'],
  key: StreamKey,
  request: AdmissionRequest,
  logger: Logger,
): Promise<string | undefined> {
  const asked = coworkers.map(async (coworker) => {
    const found = await ask(coworker, key, request)
    return found ?? Promise.reject(new Error('it has not'))
  })
  for (const [index, answer] of asked.entries()) {
    answer.catch((error: unknown) => {
      const fields = { coworker: coworkers[index], code: errorCode(error), reason: errorMessage(error) }
      logger.debug(fields, 'this origin is no place to send a player to')
    })
  }
  try {
    return await Promise.any(asked)
  } catch {
    return undefined
  }
}

async function ask(coworker: string, key: StreamKey, request: AdmissionRequest): Promise<string | undefined> {
  const { vhost, app, name: stream } = key
  const query = new URLSearchParams({ vhost, ip: hostOf(request), app, stream, coworker })
  const data = await askJson(`http://${coworker}/api/v1/clusters?${query.toString()}`, {
    timeoutMs: TIMEOUT_MS,
    verify: false,
    body: '',
  })
  const { ip, port } = isRecord(data) && isRecord(data['origin']) ? data['origin'] : {}
  if (typeof ip !== 'string' || typeof port !== 'number' || !Number.isInteger(port)) return undefined
  if (!/^[\w.:-]{1,255}$/.test(ip) || port < 1 || port > 65_535) return undefined
  return redirectUrl(ip, port, key, request)
}

function redirectUrl(
  ip: string,
  port: number,
  { vhost, app, name }: StreamKey,
  { param = '' }: AdmissionRequest,
): string {
  const host = ip.includes(':') ? `[${ip}]` : ip
  const query = withoutVhost(param)
  const named = vhost === DEFAULT_VHOST_NAME ? '' : `${query === '' ? '?' : '&'}vhost=${vhost}`
  return `rtmp://${host}:${port}/${app}/${name}${query}${named}`
}

/** The host that a client has connected to. */
function hostOf({ client: { tcUrl = '' } }: AdmissionRequest): string {
  return URL.parse(tcUrl)?.hostname ?? ''
}

/** The addresses of a node, as other origins of its cluster are told. */
export interface ClusterAddress {
  /** The first RTMP listener, with the port that it has. */
  readonly rtmp: Endpoint
  readonly api: Endpoint
  /** An address that others reach, of the machine. */
  readonly publicIp: () => string
}

const NOT_ANYWHERE: ReadonlySet<string> = new Set(['', '127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'])

/** What a node answers about a stream that it has. */
export function placeOf(
  { rtmp, api, publicIp }: ClusterAddress,
  { vhost }: StreamKey,
  coworker: string,
): ClusterOrigin {
  const listened = rtmp.host ?? ''
  const known = URL.parse(`http://${coworker}`)?.hostname ?? ''
  const ip = NOT_ANYWHERE.has(listened) ? known || publicIp() : listened
  const where = `${api.host || ip}:${api.port}`
  return { ip, port: rtmp.port, vhost, api: where, routers: [where] }
}
