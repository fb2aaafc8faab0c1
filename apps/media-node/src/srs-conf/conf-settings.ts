import os from 'node:os'
import path from 'node:path'

import type { Endpoint as ConfEndpoint, ServerConfig } from '@millrace/config'

import type { Endpoint } from '../io/listen.ts'
import { readSettings, type Settings } from '../settings.ts'

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

/** Candidates are addresses: names of them are not looked up, and `*` stands for those of the interfaces. */
function rtcSettings(
  { rtc_server: rtc, max_connections: maxSessions }: ServerConfig,
  defaults: Settings['rtc'],
): Settings['rtc'] {
  if (!rtc.enabled || !defaults) return undefined
  const anyone = rtc.candidate === '*' || rtc.candidate === '0.0.0.0'
  return {
    ...defaults,
    endpoint: listenAt(rtc.listen, [rtc.listen]),
    tcp: rtc.tcp.enabled || rtc.protocol !== 'udp',
    addresses: anyone ? [] : [rtc.candidate],
    family: rtc.ip_family,
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
