/** A server of an origin cluster, and the stream that it is asked for. */
export interface ClusterQuery {
  readonly ip: string
  readonly vhost: string
  readonly app: string
  readonly stream: string
  /** Host and port by which the asking server knows this one. */
  readonly coworker: string
}

/** Where a stream is published, for the other origins of a cluster to send players to. */
export interface ClusterOrigin {
  readonly ip: string
  readonly port: number
  readonly vhost: string
  /** `host:port` of the API. */
  readonly api: string
  readonly routers: readonly string[]
}

/** Tells where a stream is published; null when it isn't here. */
export type FindOrigin = (query: ClusterQuery) => ClusterOrigin | null

/** The answer of `/api/v1/clusters`. */
export function describeCluster(find: FindOrigin, params: Readonly<Record<string, string>>): object {
  const { ip = '', vhost = '', app = '', stream = '', coworker = '' } = params
  const origin = find({ ip, vhost, app, stream, coworker })
  return {
    code: 0,
    data: {
      query: { ip, vhost, app, stream },
      origin: origin && {
        ip: origin.ip,
        port: origin.port,
        vhost: origin.vhost,
        api: origin.api,
        routers: origin.routers,
      },
    },
  }
}
