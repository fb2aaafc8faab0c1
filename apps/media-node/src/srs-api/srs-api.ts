import { send, type HttpHandler, type HttpRequest } from '../io/http.ts'
import { isBasic } from './basic-auth.ts'
import { describeCluster, type FindOrigin } from './clusters.ts'
import { SRS_CODES } from './codes.ts'
import { features } from './features.ts'
import { INDEXES } from './indexes.ts'
import type { SrsApiOptions } from './options.ts'
import { answerRaw } from './raw.ts'
import { describeClient, describeStream, describeVhost, page, type Asked, type DescribeDeps } from './statistics.ts'
import { summaries } from './summaries.ts'
import { meminfos, rusages, selfProcStats, systemProcStats } from './system.ts'
import { answerWith, commonHeaders, SRS_VERSION, verbOf, type ApiAnswer } from './transport.ts'

export interface SrsApiDeps extends DescribeDeps {
  /** The RTMP port, once it is known. */
  rtmpPort: () => number
  /** SRS's `server`. */
  serverId: string
  version: string
  options: () => SrsApiOptions
  findOrigin: FindOrigin
  /** Sessions of WebRTC, with how well they go. */
  rtcSessions: () => readonly object[]
}

/** A request for an endpoint. */
interface Call {
  readonly request: HttpRequest
  readonly verb: string
  readonly options: SrsApiOptions
  /** What of the path comes after that of the endpoint. */
  readonly rest: string
}

type Endpoint = (deps: SrsApiDeps, call: Call) => ApiAnswer

/**
 * SRS's HTTP API, to which all paths of its listener belong that no handler before it has taken.
 *
 * SRS: a path with `..` in it is answered as one that is not there.
 *
 * @see SRS 4 `srs_app_http_api.cpp`
 */
export function createSrsApi(deps: SrsApiDeps): HttpHandler {
  return (request, response) => {
    const options = deps.options()
    const headers = commonHeaders(request, deps.version, options.crossdomain)
    if (request.method === 'OPTIONS') {
      if (options.crossdomain) send(response, { status: 200, headers })
      else answerWith({ type: 'refused', status: 405 }, request, response, headers)
    } else answerWith(answerTo(deps, request, options), request, response, headers)
    return true
  }
}

/** What of the API is at the media port: the version, as in SRS, and the streams, for the watch page. */
export function createPublicApi(deps: SrsApiDeps): HttpHandler {
  return (request, response) => {
    if (!/^\/api\/v1\/(versions|streams\/?)$/.test(request.path) || request.method === 'OPTIONS') return false
    const options = deps.options()
    const answer = answerTo(deps, request, options)
    answerWith(answer, request, response, commonHeaders(request, deps.version, options.crossdomain))
    return true
  }
}

function answerTo(deps: SrsApiDeps, request: HttpRequest, options: SrsApiOptions): ApiAnswer {
  const { path, search, raw } = request
  if (path.includes('..')) return NOT_FOUND
  if (options.auth && path.includes('/api/') && !isBasic(raw.headers.authorization, options.auth)) {
    return { type: 'refused', status: 401 }
  }
  if (REDIRECTED.has(path)) return { type: 'redirect', status: 302, location: `${path}/${search}` }
  const pattern = ENDPOINTS.has(path) ? path : PREFIXES.find((prefix) => path.startsWith(prefix))
  const endpoint = pattern === undefined ? undefined : ENDPOINTS.get(pattern)
  if (pattern === undefined || endpoint === undefined) return NOT_FOUND
  return endpoint(deps, { request, verb: verbOf(request), options, rest: path.slice(pattern.length) })
}

const NOT_FOUND: ApiAnswer = { type: 'refused', status: 404 }
const NOT_ALLOWED: ApiAnswer = { type: 'refused', status: 405 }

/** Paths, and those that end with a slash for all below them too. None but three looks at the verb. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/', (deps) => success(deps, INDEXES.root)],
  ['/api/', (deps) => success(deps, INDEXES.api)],
  // SRS: perf and requests are named there, and unknown: what is unknown is answered with the index
  ['/api/v1/', (deps) => success(deps, INDEXES.v1)],
  ['/api/v1/versions', (deps) => success(deps, { data: versions(deps) })],
  ['/api/v1/summaries', (deps) => success(deps, { data: summaries(deps.statistics.summaryFigures()) })],
  ['/api/v1/rusages', (deps) => success(deps, { data: rusages() })],
  ['/api/v1/self_proc_stats', (deps) => success(deps, { data: selfProcStats(deps.statistics.system.rates) })],
  ['/api/v1/system_proc_stats', (deps) => success(deps, { data: systemProcStats(deps.statistics.system.rates) })],
  ['/api/v1/meminfos', (deps) => success(deps, { data: meminfos() })],
  ['/api/v1/authors', (deps) => success(deps, { data: AUTHORS })],
  ['/api/v1/features', (deps) => success(deps, { data: features() })],
  ['/api/v1/tests/requests', (deps, call) => success(deps, { data: echo(deps, call) })],
  ['/api/v1/tests/errors', () => failure(SRS_CODES.testError)],
  ['/api/v1/tests/redirects', () => ({ type: 'redirect', status: 301, location: '/api/v1/tests/errors' })],
  ['/api/v1/vhosts/', answerVhosts],
  ['/api/v1/streams/', answerStreams],
  ['/api/v1/clients/', answerClients],
  // SRS has none
  [
    '/api/v1/rtc/sessions',
    (deps, { request }) => success(deps, { sessions: page(deps.rtcSessions(), request.params) }),
  ],
  ['/api/v1/raw', (_deps, { request, options }) => json(answerRaw(request.params['rpc'], options))],
  ['/api/v1/clusters', ({ findOrigin }, { request }) => json(describeCluster(findOrigin, request.params))],
])

/** The longest first; the root is itself alone. */
const PREFIXES: readonly string[] = [...ENDPOINTS.keys()]
  .filter((pattern) => pattern.endsWith('/') && pattern !== '/')
  .toSorted((a, b) => b.length - a.length)
/** Prefixes without their slash. */
const REDIRECTED: ReadonlySet<string> = new Set([...PREFIXES, '/console/'].map((prefix) => prefix.slice(0, -1)))

const AUTHORS = { license: 'MIT', contributors: 'The Millrace authors' } as const

function answerVhosts(deps: SrsApiDeps, { verb, rest, ...call }: Call): ApiAnswer {
  if (verb !== 'GET') return NOT_ALLOWED
  const vhosts = deps.statistics.vhosts()
  const asked = askedBy(deps, call)
  if (rest === '') return success(deps, { vhosts: vhosts.map((vhost) => describeVhost(vhost, asked)) })
  const vhost = vhosts.find(({ id }) => id === rest)
  return vhost ? success(deps, { vhost: describeVhost(vhost, asked) }) : failure(SRS_CODES.vhostNotFound)
}

function answerStreams(deps: SrsApiDeps, { verb, rest, ...call }: Call): ApiAnswer {
  if (verb !== 'GET') return NOT_ALLOWED
  const asked = askedBy(deps, call)
  if (rest === '') {
    const streams = page(deps.hub.streams, call.request.params)
    return success(deps, { streams: streams.map((stream) => describeStream(deps, stream, asked)) })
  }
  const stream = deps.statistics.findStream(rest)
  return stream ? success(deps, { stream: describeStream(deps, stream, asked) }) : failure(SRS_CODES.streamNotFound)
}

function answerClients(deps: SrsApiDeps, { verb, rest, request, options }: Call): ApiAnswer {
  const { clients } = deps.statistics
  if (verb === 'DELETE' && options.kick) {
    const client = clients.find(rest)
    if (!client) return failure(SRS_CODES.clientNotFound)
    // SRS: who has no connection, as players of HLS, is refused for a while instead of not kicked at all
    client.kick()
    return success(deps, {})
  }
  if (verb !== 'GET') return NOT_ALLOWED
  if (rest === '') {
    const some = page(clients.list(), request.params)
    return success(deps, { clients: some.map((client) => describeClient(deps, client)) })
  }
  const client = clients.find(rest)
  return client ? success(deps, { client: describeClient(deps, client) }) : failure(SRS_CODES.clientNotFound)
}

function askedBy({ rtmpPort }: SrsApiDeps, { request: { host }, options }: Pick<Call, 'request' | 'options'>): Asked {
  return {
    vhost: options.vhost,
    rtmpOrigin: `rtmp://${host.includes(':') ? `[${host}]` : host}:${rtmpPort()}`,
  }
}

/** SRS: the version is the one of SRS that clients may take this server for. */
function versions({ version }: SrsApiDeps): object {
  const { major, minor, revision, text } = SRS_VERSION
  return { major, minor, revision, version: text, millrace: version }
}

/** SRS: `headers` are the server's, which take the place of the request's under the same name. */
function echo({ version }: SrsApiDeps, { verb, request: { raw, path, search } }: Call): object {
  const headers = { sigature: 'SRS', version: SRS_VERSION.text, link: `Millrace/${version}`, time: Date.now() * 1000 }
  return { uri: `http://${raw.headers.host ?? ''}${path}${search}`, path, METHOD: verb, headers }
}

function success({ serverId }: SrsApiDeps, body: object): ApiAnswer {
  return json({ code: 0, server: serverId, ...body })
}

function failure(code: number): ApiAnswer {
  return json({ code })
}

function json(body: object): ApiAnswer {
  return { type: 'json', body }
}
