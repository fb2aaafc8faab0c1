/** What the operator lets the API do. Asked anew at each request, as it may change. */
export interface SrsApiOptions {
  /** Whether pages of other origins may read answers. */
  readonly crossdomain: boolean
  /** Whom all but preflights are kept for; undefined for nobody in particular. */
  readonly auth: { readonly username: string; readonly password: string } | undefined
  /** Whether clients may be disconnected. */
  readonly kick: boolean
  /** What is configured of a vhost. */
  readonly vhost: (name: string) => VhostFacts
  readonly raw: RawApi
}

/** A vhost as it is configured. */
export interface VhostFacts {
  readonly enabled: boolean
  /** Seconds of an HLS segment; undefined without HLS. */
  readonly hlsFragmentS: number | undefined
}

/** The raw API: what it tells of `http_api`, and reload. */
export interface RawApi {
  readonly apiEnabled: boolean
  /** As it stands in the file: `1985`, `127.0.0.1:1985`. */
  readonly listen: string
  readonly enabled: boolean
  readonly allowReload: boolean
  /** Reads the file again, some time after the answer. */
  readonly reload: () => void
  readonly lastReload: () => ReloadState
}

/** What came of a reload, as `rpc=reload-fetch` tells of it since SRS 5. */
export interface ReloadState {
  /** 0, or a code of SRS. */
  readonly err: number
  readonly msg: string
  /** 0 never, 10 reading, 20 comparing, 30 applying, 90 over. */
  readonly state: 0 | 10 | 20 | 30 | 90
  /** Another at each reload. */
  readonly rid: string
}

const NO_RELOAD: ReloadState = { err: 0, msg: '', state: 0, rid: '' }

interface PlainFacts {
  kick: boolean
  listen: string
  hlsFragmentS: number
}

/**
 * The API of a node without a file, for which a control plane decides.
 *
 * SRS: it disconnects no clients for just anybody.
 */
export function plainOptions({ kick, listen, hlsFragmentS }: PlainFacts): SrsApiOptions {
  return {
    crossdomain: true,
    auth: undefined,
    kick,
    vhost: () => ({ enabled: true, hlsFragmentS }),
    raw: {
      apiEnabled: true,
      listen,
      enabled: false,
      allowReload: false,
      reload() {},
      lastReload: () => NO_RELOAD,
    },
  }
}
