/** Where a publisher or player wants to go, taken from its `tcUrl` and stream name. */
export interface RtmpTarget {
  /** `rtmp`, `rtmps` … in lower case; empty if the URL has none. */
  readonly scheme: string
  /** Host of the URL: a name, or an IP address without brackets. Names the vhost when nothing else does. */
  readonly host: string
  readonly port: number
  /** The vhost named by a parameter, null if none is: then `host` decides. */
  readonly vhost: string | null
  readonly app: string
  /** Empty if the peer named none. */
  readonly stream: string
  /** Decoded parameters of app and stream; the stream's win. */
  readonly params: Readonly<Record<string, string>>
  /** The stream's literal query with its `?`, else the app's, else empty. */
  readonly rawParam: string
}

const DEFAULT_PORT = 1935
const DEFAULT_APP = '__defaultApp__'
const DEFAULT_VHOST = '__defaultVhost__'
const INSTANCE = '/_definst_'
/** What may stand before parameters, and between them. */
const SEPARATOR = /\?|,|\.\.\.|&/

/**
 * Takes apart `tcUrl` and stream name in all forms that SRS takes. Parameters may stand on the app, the stream or both:
 * `live?vhost=v`, `live...vhost...v`, `live&vhost=v`, `live,vhost=v`, `stream?domain=v&token=1`, also behind
 * `/_definst_`. App and stream lose blanks and outer slashes; an app may have slashes inside.
 *
 * @param app the app as the peer told it apart from the URL, for peers whose `tcUrl` has none
 */
export function parseRtmpTarget(tcUrl: string, stream: string, app = ''): RtmpTarget {
  const url = splitUrl(tcUrl)
  const appPart = splitName(url.path || app)
  const streamPart = splitName(stream)
  const rawParam = streamPart.raw || appPart.raw
  return {
    scheme: url.scheme,
    host: url.host,
    port: url.port,
    vhost: streamPart.vhost ?? appPart.vhost,
    app: appPart.name || DEFAULT_APP,
    stream: streamPart.name,
    params: Object.fromEntries([...appPart.params, ...streamPart.params]),
    rawParam: rawParam === `?vhost=${DEFAULT_VHOST}` ? '' : rawParam,
  }
}

/** Cuts `scheme://host:port/path`. */
function splitUrl(tcUrl: string): { scheme: string; host: string; port: number; path: string } {
  const schemeEnd = tcUrl.indexOf('://')
  const rest = schemeEnd < 0 ? tcUrl : tcUrl.slice(schemeEnd + 3)
  const slash = rest.indexOf('/')
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  const match = /^(?:[^@]*@)?(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?/.exec(authority)
  const port = Number(match?.[3] ?? 0)
  return {
    scheme: schemeEnd < 0 ? '' : tcUrl.slice(0, schemeEnd).toLowerCase(),
    host: match?.[1] ?? match?.[2] ?? '',
    port: port > 0 && port < 65_536 ? port : DEFAULT_PORT,
    path: slash < 0 ? '' : rest.slice(slash + 1),
  }
}

interface NamePart {
  name: string
  params: readonly [string, string][]
  vhost: string | null
  raw: string
}

/** Cuts an app or stream into its name and its parameters. */
function splitName(fullText: string): NamePart {
  const text = withoutInstance(fullText)
  const question = text.indexOf('?')
  const separator = SEPARATOR.exec(text)
  const name = separator ? text.slice(0, separator.index) : text
  const query = separator ? text.slice(separator.index + separator[0].length) : ''
  const paired = separator?.[0] === '?' || separator?.[0] === '&'
  return {
    name: cleanName(name),
    params: paired ? query.split(/[&?]+/).flatMap(parsePair) : alternate(query, /,|\.\.\.|[&?=]/),
    vhost: findVhost(query),
    raw: question < 0 ? '' : text.slice(question),
  }
}

/** `key=value`, where the value may have any character but `&` and `?`, or `key...value`. */
function parsePair(pair: string): [string, string][] {
  const equals = pair.indexOf('=')
  if (equals > 0) return [[decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]]
  return equals === 0 ? [] : alternate(pair, '...')
}

/** Names and values by turns. */
function alternate(text: string, separator: string | RegExp): [string, string][] {
  const tokens = text.split(separator)
  const pairs: [string, string][] = []
  for (let i = 0; i < tokens.length; i += 2) {
    const name = decode(tokens[i] ?? '')
    if (name !== '') pairs.push([name, decode(tokens[i + 1] ?? '')])
  }
  return pairs
}

/** The vhost, by whichever separators: no host name has one of them inside. */
function findVhost(query: string): string | null {
  const tokens = query.split(/,|\.\.\.|[&?=]+/)
  for (const name of ['vhost', 'domain']) {
    const at = tokens.indexOf(name)
    const value = at < 0 ? '' : decode(tokens[at + 1] ?? '')
    if (value !== '') return value
  }
  return null
}

/** Percent-decodes; a `+` stays one, as keys and tokens have it. What is wrongly encoded stays as it is. */
function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function cleanName(name: string): string {
  return withoutInstance(name.replaceAll(/[ \t\r\n]/g, '')).replaceAll(/^\/+|\/+$/g, '')
}

function withoutInstance(text: string): string {
  return text.endsWith(INSTANCE) ? text.slice(0, -INSTANCE.length) : text
}
