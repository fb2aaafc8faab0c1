import { randomUUID } from 'node:crypto'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { createAddressGuard } from '@millrace/address-guard'
import { CodedError } from '@millrace/core'

import type { CandidateOptions } from './gateways/webrtc/candidates.ts'
import type { CertificateFiles } from './io/fresh-certificate.ts'
import type { Endpoint } from './io/listen.ts'

/** Where to listen for HTTP, or with a certificate for HTTPS. */
export interface HttpEndpoint extends Endpoint {
  certificate?: CertificateFiles
}

/** Everything a media node can be told, from its environment. */
export interface Settings {
  /** RTMP listeners. */
  rtmp: readonly Endpoint[]
  /** RTMPS listener, when a certificate is given. */
  rtmps: (Endpoint & { certFile: string; keyFile: string }) | undefined
  /** Media and pages over HTTP. */
  http: Endpoint | undefined
  /** Media and pages over HTTPS. */
  httpTls?: HttpEndpoint | undefined
  /** The node's own API. */
  api: Endpoint | undefined
  /** The node's own API over HTTPS. */
  apiTls?: HttpEndpoint | undefined
  /** Token of the node API and `/metrics`, which ask for none without it. */
  metricsToken: string | undefined
  /** Folder whose files are served beside the media; none without. */
  filesDir?: string
  /** Devices, as `sda`, of which the node's API tells how busy they are. */
  disks?: readonly string[]
  /** What the node's API calls the server: another at each start, unless a file of SRS says it. */
  serverId: string
  /** Folder for what must survive a restart: reports not yet delivered. */
  dataDir: string
  /** Control plane; without one everybody is admitted and nothing is reported. */
  control: { url: string; token: string } | undefined
  /** Jobs, `redis://` or `postgres://`; without it the node serves media and takes no work from the control plane. */
  queueUrl: string | undefined
  /** Whether the control plane is told who watches. */
  reportViewers: boolean
  /** Once the node is drained, time until whoever is left is disconnected. */
  drainMs: number
  /** Networks, in CIDR notation, that pulls and pushes may reach although they are not public. */
  mediaAllow: readonly string[]
  archive: {
    /** Most bytes of segments that wait on disk to be uploaded. */
    spoolBytes: number
    /** Uploads at once, to each storage. */
    uploads: number
    /** How long uploads may go on when the node closes. */
    closeMs: number
    /** Networks, in CIDR notation, that uploads may reach although they are not public. */
    allow: readonly string[]
    /** Folders that may be storages. */
    directories: readonly string[]
  }
  /** Name under which the node registers; the same name is the same node. */
  nodeName: string
  /** Host that the node's public URLs carry. */
  publicHost: string
  /** Host by which other nodes reach this one, to relay streams. */
  internalHost: string
  region: string | undefined
  /** Merged writes, in milliseconds. */
  flushMs: number
  gopCache: boolean
  reconnectWindowMs: number
  hls: { segmentMs: number; windowMs: number }
  /** WebRTC; undefined for none. */
  rtc: RtcSettings | undefined
  /** Most connections at once, at each listener. */
  maxConnections: number
}

/** Everything a media node can be told of WebRTC. */
export interface RtcSettings {
  /** Of all peers, by UDP; by TCP too at the same number if `tcp`. */
  endpoint: Endpoint
  tcp: boolean
  /** What clients are told of where we are. */
  candidates: Omit<CandidateOptions, 'host'>
  /** URLs of STUN and TURN servers that clients are told of. */
  iceServers: readonly string[]
  /** Most sessions at once. */
  maxSessions: number
  engine: 'auto' | 'addon' | 'openssl' | 'typescript'
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings.
 *
 * @throws CodedError `SETTINGS_INVALID` that names the variable and what it may be
 */
export function readSettings(variables: Env): Settings {
  // one that is set to nothing is not set
  const env: Env = Object.fromEntries(Object.entries(variables).filter(([, text]) => text !== ''))
  const host = env['MILLRACE_HOST'] ?? '0.0.0.0'
  const certFile = env['MILLRACE_RTMPS_CERT']
  const keyFile = env['MILLRACE_RTMPS_KEY']
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid('MILLRACE_RTMPS_CERT and MILLRACE_RTMPS_KEY', 'must be given together')
  }
  return {
    rtmp: [{ host, port: integer(env, 'MILLRACE_RTMP_PORT', 1935, 0, 65_535) }],
    rtmps:
      certFile && keyFile
        ? { host, port: integer(env, 'MILLRACE_RTMPS_PORT', 1936, 0, 65_535), certFile, keyFile }
        : undefined,
    http: { host, port: integer(env, 'MILLRACE_HTTP_PORT', 8080, 0, 65_535) },
    api: { host, port: integer(env, 'MILLRACE_NODE_API_PORT', 1985, 0, 65_535) },
    metricsToken: env['MILLRACE_METRICS_TOKEN'],
    dataDir: path.resolve(env['MILLRACE_DATA'] ?? '.millrace/node'),
    control: readControl(env),
    queueUrl: readQueueUrl(env),
    reportViewers: flag(env, 'MILLRACE_REPORT_VIEWERS', true),
    mediaAllow: networks(env, 'MILLRACE_MEDIA_ALLOW'),
    drainMs: integer(env, 'MILLRACE_DRAIN_MS', 600_000, 0, 86_400_000),
    archive: {
      spoolBytes: integer(env, 'MILLRACE_SPOOL_BYTES', 10 * 2 ** 30, 2 ** 20, 2 ** 50),
      uploads: integer(env, 'MILLRACE_UPLOADS', 8, 1, 256),
      closeMs: integer(env, 'MILLRACE_ARCHIVE_CLOSE_MS', 3000, 0, 600_000),
      allow: networks(env, 'MILLRACE_STORAGE_ALLOW'),
      directories: folders(env, 'MILLRACE_STORAGE_DIRS'),
    },
    serverId: `vid-${randomUUID().slice(0, 8)}`,
    nodeName: env['MILLRACE_NODE_NAME'] ?? os.hostname(),
    publicHost: env['MILLRACE_PUBLIC_HOST'] ?? 'localhost',
    internalHost: env['MILLRACE_INTERNAL_HOST'] ?? env['MILLRACE_PUBLIC_HOST'] ?? 'localhost',
    region: env['MILLRACE_REGION'],
    flushMs: integer(env, 'MILLRACE_FLUSH_MS', 350, 0, 10_000),
    gopCache: flag(env, 'MILLRACE_GOP_CACHE', true),
    reconnectWindowMs: integer(env, 'MILLRACE_RECONNECT_WINDOW_MS', 10_000, 0, 3_600_000),
    hls: {
      segmentMs: integer(env, 'MILLRACE_HLS_SEGMENT_MS', 2000, 100, 60_000),
      windowMs: integer(env, 'MILLRACE_HLS_WINDOW_MS', 20_000, 1000, 3_600_000),
    },
    rtc: readRtc(env, host),
    maxConnections: integer(env, 'MILLRACE_MAX_CONNECTIONS', 20_000, 1, 1_000_000),
  }
}

const RTC_ENGINES = ['auto', 'addon', 'openssl', 'typescript'] as const

function readRtc(env: Env, host: string): RtcSettings | undefined {
  if (!flag(env, 'MILLRACE_RTC', true)) return undefined
  const wanted = env['MILLRACE_RTC_ENGINE'] ?? 'auto'
  const engine = RTC_ENGINES.find((each) => each === wanted)
  const addresses = list(env, 'MILLRACE_RTC_ADDRESSES')
  if (!engine) throw invalid('MILLRACE_RTC_ENGINE', `must be one of ${RTC_ENGINES.join(', ')}`)
  return {
    endpoint: { host, port: integer(env, 'MILLRACE_RTC_PORT', 8000, 0, 65_535) },
    tcp: flag(env, 'MILLRACE_RTC_TCP', true),
    candidates: {
      addresses,
      family: net.isIPv6(host) ? 'all' : 'ipv4',
      detect: true,
      // behind NAT and in containers what clients ask by is often where they reach us
      asked: { told: addresses.length === 0, resolved: true, kept: false },
    },
    iceServers: list(env, 'MILLRACE_RTC_ICE_SERVERS'),
    maxSessions: integer(env, 'MILLRACE_RTC_MAX_SESSIONS', 10_000, 1, 1_000_000),
    engine,
  }
}

function readControl(env: Env): Settings['control'] {
  const url = env['MILLRACE_CONTROL_URL']
  if (!url) return undefined
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw invalid('MILLRACE_CONTROL_URL', 'must be a URL such as http://control:4000')
  const token = env['MILLRACE_NODE_TOKEN']
  if (!token) throw invalid('MILLRACE_NODE_TOKEN', 'is needed with MILLRACE_CONTROL_URL')
  return { url, token }
}

function readQueueUrl(env: Env): string | undefined {
  const url = env['QUEUE_URL']
  if (!url) return undefined
  if (!/^(rediss?|postgres(ql)?):\/\//.test(url)) throw invalid('QUEUE_URL', 'must be redis://… or postgres://…')
  if (!env['MILLRACE_CONTROL_URL']) throw invalid('QUEUE_URL', 'is of no use without MILLRACE_CONTROL_URL')
  return url
}

function integer(env: Env, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]
  if (text === undefined) return fallback
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw invalid(name, `must be a whole number from ${min} to ${max}, got "${text}"`)
  return value
}

/** Items between commas. */
function list(env: Env, name: string): readonly string[] {
  const items = (env[name] ?? '').split(',').map((item) => item.trim())
  return items.filter((item) => item !== '')
}

function networks(env: Env, name: string): readonly string[] {
  const named = list(env, name)
  try {
    createAddressGuard(named)
  } catch {
    throw invalid(name, 'must be networks in CIDR notation, separated by commas')
  }
  return named
}

function folders(env: Env, name: string): readonly string[] {
  return list(env, name).map((item) => path.resolve(item))
}

function flag(env: Env, name: string, fallback: boolean): boolean {
  const text = env[name]
  if (text === undefined) return fallback
  if (text === 'on' || text === 'off') return text === 'on'
  throw invalid(name, `must be on or off, got "${text}"`)
}

function invalid(name: string, problem: string): CodedError {
  return new CodedError('SETTINGS_INVALID', `${name} ${problem}`)
}
