import os from 'node:os'

import type { Logger, Scope } from '@millrace/core'
import type { Hub, StreamKey } from '@millrace/hub'

import type { Admission } from '../admission/admission.ts'
import type { Players } from '../players/players.ts'
import { Relays } from '../sources/relay/relays.ts'
import type { FindOrigin } from '../srs-api/clusters.ts'
import type { Vhosts } from '../srs-conf/vhosts.ts'
import { ClusterAdmission } from './cluster-admission.ts'
import { placeOf } from './coworkers.ts'
import { EdgeOrigins } from './edge-origins.ts'

/** SRS: it leaves a stream with its last player; a moment later, a player who loads its page again costs no new pull. */
const EDGE_LINGER_MS = 1000

export interface ClusterDeps {
  vhosts: Vhosts
  serverId: string
  hub: Hub
  players: Players
  logger: Logger
}

/** Puts edges, origin clusters and forwarding of a node with a configuration file before `admission`. */
export function composeCluster(admission: Admission, deps: ClusterDeps, scope: Scope): ClusterAdmission {
  const { vhosts, serverId, hub, players, logger } = deps
  const edges = new Relays({
    hub,
    players,
    logger,
    directory: new EdgeOrigins(vhosts, serverId),
    nowMs: () => performance.now(),
    lingerMs: EDGE_LINGER_MS,
  })
  scope.defer(() => edges.close())
  return new ClusterAdmission(admission, { vhosts, serverId, published: publishedIn(hub), edges, logger })
}

/** Whether a stream has a publisher. */
export const publishedIn =
  (hub: Hub) =>
  (key: StreamKey): boolean =>
    hub.find(key)?.publication !== undefined

/** Answers the other origins of a cluster: where a stream is, if it is published here. */
export function originFinder({ vhosts, hub }: Pick<ClusterDeps, 'vhosts' | 'hub'>, rtmpPort: () => number): FindOrigin {
  return ({ vhost, app, stream: name, coworker }) => {
    const config = vhosts.find(vhost)?.config
    if (!config) return null
    const key = { vhost: config.name, app, name }
    if (!publishedIn(hub)(key)) return null
    const { listen, http_api: api } = vhosts.server
    const rtmp = { host: listen[0]?.host, port: rtmpPort() }
    return placeOf({ rtmp, api: api.listen, publicIp }, key, coworker)
  }
}

/** The first address that is not of this machine alone. */
function publicIp(): string {
  const addresses = Object.values(os.networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1'
}
