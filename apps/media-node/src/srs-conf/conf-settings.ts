import os from 'node:os'
import path from 'node:path'

import type { Endpoint as ConfEndpoint, ServerConfig } from '@millrace/config'

import type { Endpoint } from '../io/listen.ts'
import { readSettings, type RtcSettings, type Settings } from '../settings.ts'

/** Settings of a node with a configuration file: no control plane, and nothing of the environment. */
export function confSettings(config: ServerConfig, serverId: string): Settings {
  const { listen, http_api: api, http_server: http, max_connections: maxConnections, vhost } = config
  const segmentMs = Math.max(0, ...vhost.map(({ hls }) => hls.hls_fragment * 1000))
  const defaults = readSettings({})
  return {
    ...defaults,
    rtmp: listen.map((endpoint) => listenAt(endpoint, listen)),
    http: http.enabled ? listenAt(http.listen, [http.listen]) : undefined,
    api: api.enabled ? listenAt(api.listen, [api.listen]) : undefined,
    httpTls: http.enabled ? secure(http.https) : undefined,
    apiTls: api.enabled ? secure(api.https) : undefined,
    serverId,
    disks: config.stats.disk,
    filesDir: path.resolve(http.dir),
    maxConnections,
    rtc: rtcSettings(config, defaults.rtc),
    hls: { ...defaults.hls, segmentMs: Math.max(defaults.hls.segmentMs, segmentMs) },
  }
}

/** What clients are told of where we are: `*` stands for the addresses of the interfaces. */
export function rtcCandidates({ rtc_server: rtc }: ServerConfig): RtcSettings['candidates'] {
  const anyone = rtc.candidate === '*' || rtc.candidate === '0.0.0.0'
  return {
    addresses: anyone ? [] : [rtc.candidate],
    family: rtc.ip_family,
    detect: rtc.use_auto_detect_network_ip,
    asked: { told: rtc.api_as_candidates, resolved: rtc.resolve_api_domain, kept: rtc.keep_api_domain },
  }
}

function rtcSettings(config: ServerConfig, defaults: Settings['rtc']): Settings['rtc'] {
  const { rtc_server: rtc, max_connections: maxSessions } = config
  if (!rtc.enabled || !defaults) return undefined
  return {
    ...defaults,
    endpoint: listenAt(rtc.listen, [rtc.listen]),
    tcp: rtc.tcp.enabled || rtc.protocol !== 'udp',
    candidates: rtcCandidates(config),
    maxSessions,
  }
}

/** @param others all listeners of the kind; an IPv6 one leaves IPv4 to another at the same port */
function listenAt({ host = anyAddress(), port }: ConfEndpoint, others: readonly ConfEndpoint[]): Endpoint {
  const isIpv6 = host.includes(':')
  return { host, port, ipv6Only: isIpv6 && others.some((other) => other.port === port && !other.host?.includes(':')) }
}

/** An HTTPS listener; its files are read from the folder that the node is in now. */
function secure({ enabled, listen, key, cert }: ServerConfig['http_api']['https']): Settings['apiTls'] {
  return enabled
    ? { ...listenAt(listen, [listen]), certificate: { keyFile: path.resolve(key), certFile: path.resolve(cert) } }
    : undefined
}

/** Any address, of IPv4 if the machine has it. */
function anyAddress(): string {
  const addresses = Object.values(os.networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.some(({ family }) => family === 'IPv4') ? '0.0.0.0' : '::'
}
