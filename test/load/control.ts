/**
 * `npm run bench:control`: the control plane as `npm start` runs it, on a PostgreSQL of its own that writes durably, asked by this
 * program. Options: `--streams 10000`, `--concurrency 32`, `--events 1000`, `--event-rate 50`.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { Scope, silentLogger } from '@millrace/core'

import type { AdmissionRequest } from '../../apps/media-node/src/admission/admission.ts'
import { ControlledAdmission } from '../../apps/media-node/src/admission/controlled-admission.ts'
import { createControlClient } from '../../apps/media-node/src/node-link/control-client.ts'
import { SupportError } from '../support/errors.ts'
import { tempDir } from '../support/scope.ts'
import { Standalone } from '../support/standalone.ts'
import { measureRate, percentile, rateTable, type Rate } from './rate.ts'

interface Options {
  readonly streams: number
  readonly concurrency: number
  /** Events whose way to a webhook is timed. */
  readonly events: number
  /** Of them per second. */
  readonly eventRate: number
}

/** The control plane under test. */
interface Target {
  readonly url: string
  readonly adminToken: string
  readonly nodeToken: string
}

const VHOST = 'bench.example.com'
/** Of the streams, those that are published: each of them needs a key. */
const KEYED_SHARE = 0.2
/** Admissions from the cache are too quick to count few of them. */
const CACHED_CALLS = 200_000
/** Streams asked for from the cache: few enough that none has run out before the end. */
const CACHED_STREAMS = 1000

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '10000' },
      concurrency: { type: 'string', default: '32' },
      events: { type: 'string', default: '1000' },
      'event-rate': { type: 'string', default: '50' },
    },
  })
  return {
    streams: Number(values.streams),
    concurrency: Number(values.concurrency),
    events: Number(values.events),
    eventRate: Number(values['event-rate']),
  }
}

async function start(scope: Scope): Promise<Target> {
  const dir = await tempDir(scope)
  const standalone = await Standalone.start(scope, dir, { MILLRACE_LOG_LEVEL: 'warn', MILLRACE_RATE_LIMIT: '0' })
  const secret = async (name: string) => (await readFile(path.join(dir, name), 'utf8')).trim()
  return { url: standalone.controlUrl, adminToken: await secret('admin-token'), nodeToken: await secret('node-token') }
}

async function api<T>({ url, adminToken }: Target, resource: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}/v1/${resource}`, {
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new SupportError('SUPPORT_API', `${resource}: ${response.status} ${text}`)
  return JSON.parse(text) as T
}

async function benchRest(target: Target, { streams, concurrency }: Options, ids: string[]): Promise<Rate[]> {
  await api(target, 'vhosts', { name: VHOST, access: 'keyed' })
  const writes = await measureRate('REST write: create a stream', { calls: streams, concurrency }, async (i) => {
    const { id } = await api<{ id: string }>(target, 'streams', { vhost: VHOST, app: 'live', name: `s${i}` })
    ids[i] = id
  })
  const reads = await measureRate('REST read: one stream', { calls: streams, concurrency }, (i) =>
    api(target, `streams/${ids[(i * 7919) % streams]}`),
  )
  const pages = await measureRate('REST read: page of 50 streams', { calls: 1000, concurrency }, (i) =>
    api(target, `streams?limit=50&after=${ids[(i * 7919) % streams]}`),
  )
  return [writes, reads, pages]
}

async function benchAdmission(target: Target, options: Options, ids: readonly string[]): Promise<Rate[]> {
  const { streams, concurrency } = options
  const control = createControlClient({ url: target.url, token: target.nodeToken })
  const addresses = { rtmp: 'rtmp://127.0.0.1:1', http: 'http://127.0.0.1:2', api: 'http://127.0.0.1:3' }
  const boot = { name: 'bench', boot_id: crypto.randomUUID(), version: '0', addresses }
  const { node_id: nodeId } = (await control.post('/node/v1/register', boot)) as { node_id: string }
  const admission = new ControlledAdmission({
    control,
    nodeId: () => nodeId,
    nowMs: () => performance.now(),
    logger: silentLogger,
  })
  const request = (i: number, action: AdmissionRequest['action'], params = {}): AdmissionRequest => ({
    action,
    protocol: action === 'publish' ? 'rtmp' : 'http-flv',
    vhost: VHOST,
    app: 'live',
    stream: `s${i}`,
    params,
    client: { ip: '192.0.2.1' },
  })
  const keyed = Math.max(1, Math.floor(streams * KEYED_SHARE))
  const keys: string[] = []
  await measureRate('keys', { calls: keyed, concurrency }, async (i) => {
    const { secret } = await api<{ secret: string }>(target, `streams/${ids[i]}/keys`, { name: 'bench' })
    keys[i] = secret
  })
  const publish = await measureRate('admission: publish with a key', { calls: keyed, concurrency }, (i) =>
    admission.admit(request(i, 'publish', { key: keys[i] })),
  )
  const play = await measureRate('admission: play, asked', { calls: streams, concurrency }, (i) =>
    admission.admit(request(i, 'play')),
  )
  const hot = Math.min(streams, CACHED_STREAMS)
  await measureRate('warm', { calls: hot, concurrency }, (i) => admission.admit(request(i, 'play')))
  const cached = await measureRate('admission: play, cached', { calls: CACHED_CALLS, concurrency }, (i) =>
    admission.admit(request(i % hot, 'play')),
  )
  return [publish, play, cached]
}

/** Events at a steady pace; timed from the request that makes the event to the POST that tells of it. */
async function benchWebhooks(scope: Scope, target: Target, { events, eventRate }: Options): Promise<Rate> {
  const latenciesMs: number[] = []
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const receiver = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      response.writeHead(204).end()
      const { timestamp } = JSON.parse(body) as { timestamp: string }
      latenciesMs.push(Date.now() - Date.parse(timestamp))
      if (latenciesMs.length === events) resolve()
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  scope.defer(() => {
    receiver.close()
    receiver.closeAllConnections()
  })
  const { port } = receiver.address() as AddressInfo
  await api(target, 'webhook-endpoints', { url: `http://127.0.0.1:${port}/`, event_types: ['stream.created'] })
  const startedMs = performance.now()
  const made: Promise<unknown>[] = []
  for (let i = 0; i < events; i++) {
    await delay(Math.max(0, startedMs + (i * 1000) / eventRate - performance.now()))
    made.push(api(target, 'streams', { vhost: VHOST, app: 'hooks', name: `e${i}` }))
  }
  await Promise.all(made)
  await all
  const seconds = (performance.now() - startedMs) / 1000
  return {
    what: 'event to webhook, at a steady pace',
    calls: events,
    perSecond: events / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}

const options = readOptions()
await using scope = new Scope()
const target = await start(scope)
const ids: string[] = []
const rates = await benchRest(target, options, ids)
rates.push(...(await benchAdmission(target, options, ids)), await benchWebhooks(scope, target, options))
console.log(`${options.streams} streams, ${options.concurrency} calls at a time\n\n${rateTable(rates)}`)
