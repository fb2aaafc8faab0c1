import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { json } from 'node:stream/consumers'

import { Scope } from '@millrace/core'

import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { rawPublisher } from '../support/raw-rtmp.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { Standalone } from '../support/standalone.ts'

interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
}

interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: OtlpSpan[] }[]
  }[]
}

interface Seen extends OtlpSpan {
  service: string | undefined
}

/** An HTTP server on a free port, whose requests go to `take`. */
async function serve(scope: Scope, take: (request: http.IncomingMessage) => Promise<void> | void): Promise<string> {
  const server = http.createServer((request, response) => {
    void (async () => {
      await take(request)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An OTLP/HTTP collector, and the spans it was sent. @see OpenTelemetry Protocol §OTLP/HTTP */
async function startCollector(scope: Scope): Promise<{ url: string; spans: Seen[] }> {
  const spans: Seen[] = []
  const url = await serve(scope, async (request) => {
    assert.equal(request.url, '/v1/traces')
    for (const { resource, scopeSpans } of ((await json(request)) as OtlpRequest).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue
      for (const span of scopeSpans.flatMap((list) => list.spans)) spans.push({ ...span, service })
    }
  })
  return { url, spans }
}

test('one trace leads from a REST call to the webhook that tells of it, and from an admission to the control plane', async (t) => {
  const scope = testScope(t)
  const { url, spans } = await startCollector(scope)
  const standalone = await Standalone.start(scope, await tempDir(scope), { OTEL_EXPORTER_OTLP_ENDPOINT: url })
  const posted: (string | undefined)[] = []
  const hook = await serve(scope, (request) => {
    request.resume()
    posted.push(request.headers['traceparent'] as string | undefined)
  })
  await standalone.api('webhook-endpoints', { url: hook, event_types: ['stream.created'] })
  await standalone.api('streams', { app: 'live', name: 'traced' })

  const find = (service: string, name: string, traceId?: string): Seen | undefined =>
    spans.find((span) => span.service === service && span.name === name && (traceId ?? span.traceId) === span.traceId)
  const delivery = await eventually('the delivery is told', () => find('millrace-worker', 'webhook stream.created'))
  const rest = await eventually('the call is told', () => find('millrace-control', 'POST /v1/streams'))
  assert.equal(delivery.traceId, rest.traceId)
  assert.equal(delivery.parentSpanId, rest.spanId)
  assert.deepEqual(posted, [`00-${rest.traceId}-${delivery.spanId}-01`])

  const rtmpPort = Number(new URL(standalone.rtmpUrl('a/b')).port)
  await rawPublisher(scope, rtmpPort, 'live', 'traced')
  const admission = await eventually('the admission is told', () => find('millrace-node', 'admission publish'))
  const asked = await eventually('its question is told', () =>
    find('millrace-control', 'POST /node/v1/admit', admission.traceId),
  )
  assert.equal(asked.parentSpanId, admission.spanId)
})

test('one trace leads from a REST call through the job of a node to its report', async (t) => {
  const scope = testScope(t)
  const { url, spans } = await startCollector(scope)
  const standalone = await Standalone.start(scope, await tempDir(scope), { OTEL_EXPORTER_OTLP_ENDPOINT: url })
  /** Waits until spans of these services and names are told, each the parent of the next. */
  const chain = (...links: string[]): Promise<true> => {
    const from = (parent: Seen | undefined, [link, ...rest]: string[]): boolean =>
      link === undefined ||
      spans.some(
        (span) =>
          `${span.service} ${span.name}` === `millrace-${link}` &&
          (parent === undefined || (span.traceId === parent.traceId && span.parentSpanId === parent.spanId)) &&
          from(span, rest),
      )
    return eventually(links.join(' → '), () => from(undefined, links))
  }
  const source = await standalone.api<{ id: string }>('streams', { app: 'live', name: 'source' })
  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: standalone.rtmpUrl('live/source') })

  const sourceUrl = standalone.rtmpUrl('live/source')
  await standalone.api('streams', { app: 'live', name: 'copy', source: { type: 'pull', url: sourceUrl } })
  const pull = ['control POST /v1/streams', 'node pull']
  await chain(...pull, 'control POST /node/v1/pull-grant')
  await chain(...pull, 'control report session.connected')
  await chain(...pull, 'control report session.live')

  const receiver = standalone.rtmpUrl('live').replace(/\?.*$/, '')
  const target = await standalone.api<{ id: string }>('push-targets', { url: receiver, credential: 'pushed' })
  await standalone.api(`streams/${source.id}/push-targets/${target.id}`, {}, 'PUT')
  const push = ['control PUT /v1/streams/{id}/push-targets/{push_target_id}', 'node push']
  await chain(...push, 'control POST /node/v1/push-grant')
  await chain(...push, 'control report push_target.status')

  await standalone.api(`streams/${source.id}:disconnect`, {})
  const command = ['control POST /v1/streams/{id}:disconnect', 'node command kick_stream']
  await chain(...command, 'control report command.done')
  await chain(...command, 'control report session.ended')
})

test('a trace that begins elsewhere goes on here, and to the webhook, with no collector too', async (t) => {
  const scope = testScope(t)
  const standalone = await Standalone.start(scope, await tempDir(scope), { OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  const posted: (string | undefined)[] = []
  const hook = await serve(scope, (request) => {
    request.resume()
    posted.push(request.headers['traceparent'] as string | undefined)
  })
  await standalone.api('webhook-endpoints', { url: hook, event_types: ['stream.created'] })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const token = (await readFile(path.join(standalone.dataDir, 'admin-token'), 'utf8')).trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', traceparent }
  await fetch(`${standalone.controlUrl}/v1/streams`, { method: 'POST', headers, body: '{}' })
  await eventually('it is told', () => posted.length > 0)
  assert.deepEqual(posted, [traceparent])
})
