import { isDeepStrictEqual } from 'node:util'

import type { VhostConfig } from '@millrace/config'
import type { Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from '../admission/admission.ts'
import type { Onward } from '../admission/onward.ts'
import { AdmissionRedirect } from '../admission/redirect.ts'
import { SilentRefusal } from '../admission/silent-refusal.ts'
import type { WantedStreams } from '../admission/relaying-admission.ts'
import type { Vhost, Vhosts } from '../srs-conf/vhosts.ts'
import { findAtCoworkers } from './coworkers.ts'
import { upstreamVhost } from './edge-origins.ts'
import { forwardTargets, type Publishing } from './forward.ts'
import { connectArgs, isLoop } from './identity.ts'
import { upstreamAt } from './upstream.ts'

export interface ClusterAdmissionDeps {
  vhosts: Vhosts
  serverId: string
  /** Whether a stream has a publisher here. */
  published: (key: StreamKey) => boolean
  /** Fetches what players of edges want. */
  edges: WantedStreams
  logger: Logger
}

/**
 * What clusters add to who was let in. At an edge publishers go on to an origin and players' streams are fetched from one; of
 * origins, one sends players to another that has the stream; and streams are passed on to other servers.
 */
export class ClusterAdmission implements Admission {
  readonly #admission: Admission
  readonly #deps: ClusterAdmissionDeps

  constructor(admission: Admission, deps: ClusterAdmissionDeps) {
    this.#admission = admission
    this.#deps = deps
  }

  /** @throws AdmissionError as the admission inside does, and `CLUSTER_LOOP`, `ORIGIN_UNREACHABLE`, `ORIGIN_NOT_FOUND`, `FORWARD_BACKEND` or a redirect */
  async admit(request: AdmissionRequest): Promise<Grant> {
    try {
      return await this.#decide(request)
    } catch (error) {
      const silent = this.#deps.vhosts.find(request.vhost)?.config.refuse_silently === true
      if (!silent || !(error instanceof AdmissionError) || error instanceof AdmissionRedirect) throw error
      throw new SilentRefusal(error)
    }
  }

  async #decide(request: AdmissionRequest): Promise<Grant> {
    const grant = await this.#admission.admit(request)
    const vhost = this.#deps.vhosts.find(grant.key.vhost)
    if (!vhost) return grant
    const { cluster } = vhost.config
    const isEdge = cluster.mode === 'remote'
    if (request.action === 'publish') return { ...grant, onward: await this.#onward(vhost, request, grant.key) }
    if (isEdge) {
      this.#refuseLoop(request)
      await this.#deps.edges.want(grant.key, request)
    } else if (cluster.origin_cluster && isRtmp(request) && !this.#deps.published(grant.key)) {
      await this.#redirect(vhost, request, grant.key)
    }
    return grant
  }

  async #onward(vhost: Vhost, request: AdmissionRequest, key: StreamKey): Promise<Onward> {
    const { cluster, forward } = vhost.config
    const { serverId, logger } = this.#deps
    const args = cluster.debug_srs_upnode ? connectArgs(serverId, request.client.connectArgs ?? null) : undefined
    if (cluster.mode === 'remote') {
      this.#refuseLoop(request)
      if (cluster.origin.length === 0) throw new AdmissionError('ORIGIN_UNREACHABLE', 'this edge has no origin')
      const stream = { ...key, vhost: upstreamVhost(cluster, key.vhost), param: request.param ?? '', args }
      return { to: 'one', targets: cluster.origin.map((server) => upstreamAt(server, stream)) }
    }
    // it has been here: passed on again, it would go round for ever under other names
    if (forward.enabled && isLoop(serverId, request.client.connectArgs ?? null)) {
      logger.warn({ stream: key.name }, 'a stream that comes back is not passed on again')
      return { to: 'each', targets: [] }
    }
    const publishing: Publishing = { request, key, args }
    const targets = await forwardTargets(vhost.config, this.#deps, publishing)
    return { to: 'each', targets, changed: this.#changes(forward, publishing) }
  }

  /** What tells, again and again, where a stream goes that was let in when `forward` was what the file said. */
  #changes(forward: VhostConfig['forward'], publishing: Publishing): Onward['changed'] {
    let told = forward
    return async () => {
      const config = this.#deps.vhosts.exact(publishing.key.vhost)?.config
      if (!config) return []
      if (isDeepStrictEqual(config.forward, told)) return undefined
      told = config.forward
      return forwardTargets(config, this.#deps, publishing)
    }
  }

  async #redirect({ config }: Vhost, request: AdmissionRequest, key: StreamKey): Promise<never> {
    const { logger } = this.#deps
    const url = await findAtCoworkers(config.cluster, key, request, logger)
    // SRS: 3092
    if (url === undefined) throw new AdmissionError('ORIGIN_NOT_FOUND', 'no origin of the cluster has this stream')
    throw new AdmissionRedirect(url)
  }

  #refuseLoop({ client }: AdmissionRequest): void {
    if (!isLoop(this.#deps.serverId, client.connectArgs ?? null)) return
    throw new AdmissionError('CLUSTER_LOOP', 'the stream would come from, or go to, where it is asked for')
  }
}

const isRtmp = ({ protocol }: AdmissionRequest): boolean => protocol === 'rtmp' || protocol === 'rtmps'
