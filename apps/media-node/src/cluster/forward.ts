import type { VhostConfig } from '@millrace/config'
import { srsForwardCallback } from '@millrace/contracts/plain'
import { errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import { AdmissionError, type AdmissionRequest } from '../admission/admission.ts'
import type { PushTarget } from '../admission/onward.ts'
import { askJson, isRecord, unusable } from './ask-json.ts'
import { upstreamAt, upstreamUrl, withoutVhost, type UpstreamStream } from './upstream.ts'

/** Servers that a backend may name for one stream. */
const MAX_TARGETS = 32

export interface ForwardDeps {
  serverId: string
  logger: Logger
}

/** A stream that somebody is about to publish. */
export interface Publishing {
  readonly request: AdmissionRequest
  readonly key: StreamKey
  readonly args: UpstreamStream['args']
}

/**
 * Where a vhost passes a stream on to: what its backend says, which is called as callbacks are, else its destinations.
 *
 * @throws AdmissionError `FORWARD_BACKEND` when the backend can't be asked, refuses or answers what is no list of URLs
 */
export async function forwardTargets(
  { forward: { enabled, backend, destination }, http_hooks: hooks }: Pick<VhostConfig, 'forward' | 'http_hooks'>,
  deps: ForwardDeps,
  publishing: Publishing,
): Promise<readonly PushTarget[]> {
  if (!enabled) return []
  if (backend !== '') return askBackend(backend, hooks, deps, publishing)
  return destination.flatMap((text) => {
    try {
      return [destinationOf(text, publishing)]
    } catch (error) {
      deps.logger.error({ error: errorMessage(error) }, 'a destination that nothing can be passed on to')
      return []
    }
  })
}

/**
 * `host[:port]`: the same stream there. As a URL (SRS #1342) it may name the app, and the stream, by variables too; what it doesn't
 * name stays the same.
 */
function destinationOf(text: string, { key, request, args }: Publishing): PushTarget {
  const param = request.param ?? ''
  const stream = { ...key, param, args }
  if (!/^rtmps?:\/\//.test(text)) return upstreamAt(text, stream)
  const filled = text
    .replaceAll('[vhost]', key.vhost)
    .replaceAll('[app]', key.app)
    .replaceAll('[stream]', key.name)
    .replaceAll('[param]', withoutVhost(param).slice(1))
  const [, server = '', path = ''] = /^(rtmps?:\/\/[^/]+)\/?(.*)$/s.exec(filled) ?? []
  if (path === '') return upstreamAt(server, stream)
  return path.includes('/') ? upstreamUrl(filled, args) : upstreamAt(server, { ...stream, app: path })
}

/** @see SRS 5 `on_forward`: asked once for each publisher */
async function askBackend(
  url: string,
  { timeout, verify }: Pick<VhostConfig['http_hooks'], 'timeout' | 'verify'>,
  { serverId }: ForwardDeps,
  publishing: Publishing,
): Promise<PushTarget[]> {
  try {
    const body = JSON.stringify(question(serverId, publishing))
    const urls = urlsOf(await askJson(url, { timeoutMs: timeout * 1000, verify, body }))
    return urls.map((text) => upstreamUrl(text, publishing.args))
  } catch (error) {
    throw new AdmissionError('FORWARD_BACKEND', `nobody knows where to pass the stream on to: ${errorMessage(error)}`)
  }
}

function question(
  serverId: string,
  { request: { client, param = '' }, key: { vhost, app, name: stream } }: Publishing,
): object {
  const { id: clientId = '', ip, tcUrl = '', pageUrl = '' } = client
  const facts = { serverId, clientId, ip, vhost, app, stream, param, tcUrl, pageUrl }
  return srsForwardCallback(facts, String(process.pid))
}

function urlsOf(data: unknown): readonly string[] {
  const urls: unknown = isRecord(data) ? data['urls'] : undefined
  if (Array.isArray(urls) && urls.length <= MAX_TARGETS && urls.every((text) => typeof text === 'string')) return urls
  throw unusable(`data.urls of at most ${MAX_TARGETS} URLs`)
}
