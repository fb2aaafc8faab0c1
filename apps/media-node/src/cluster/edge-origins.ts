import type { VhostConfig } from '@millrace/config'
import type { StreamKey } from '@millrace/hub'

import type { Directory, FirstPlayer, Origin } from '../sources/relay/origin.ts'
import type { Vhosts } from '../srs-conf/vhosts.ts'
import { connectArgs } from './identity.ts'
import { upstreamAt, withoutVhost } from './upstream.ts'

const FLV_PROTOCOLS: ReadonlySet<string> = new Set(['http-flv', 'ws-flv'])

/** Where an edge gets its streams: from the origins of the vhost in turn, one further after each failure. */
export class EdgeOrigins implements Directory {
  readonly #vhosts: Vhosts
  readonly #serverId: string

  constructor(vhosts: Vhosts, serverId: string) {
    this.#vhosts = vhosts
    this.#serverId = serverId
  }

  /** @throws CodedError `UPSTREAM_INVALID` */
  async locate(key: StreamKey, player: FirstPlayer, attempt: number): Promise<Origin | undefined> {
    const cluster = this.#vhosts.find(key.vhost)?.config.cluster
    if (!cluster || cluster.mode !== 'remote') return undefined
    const server = cluster.origin[attempt % cluster.origin.length]
    if (server === undefined) return undefined
    const { protocol, param = '', client } = player
    const flv = cluster.protocol === 'flv' || (cluster.follow_client && FLV_PROTOCOLS.has(protocol))
    const vhost = upstreamVhost(cluster, key.vhost)
    const fields = { origin: server }
    if (flv) return { url: flvUrl(server, { ...key, vhost }, param), fields }
    const args = cluster.debug_srs_upnode ? connectArgs(this.#serverId, client.connectArgs ?? null) : undefined
    const { url, names } = upstreamAt(server, { ...key, vhost, param, args })
    return { url: url.href, names, fields }
  }
}

/** What origins call a vhost of this edge. */
export const upstreamVhost = ({ vhost }: Pick<VhostConfig['cluster'], 'vhost'>, name: string): string =>
  vhost.replaceAll('[vhost]', name)

function flvUrl(server: string, { vhost, app, name }: StreamKey, param: string): string {
  const path = [...app.split('/'), name].map(encodeURIComponent).join('/')
  const query = withoutVhost(param)
  return `http://${server}/${path}.flv${query}${query === '' ? '?' : '&'}vhost=${encodeURIComponent(vhost)}`
}
