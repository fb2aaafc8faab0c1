import { CodedError, type LogFields } from '@millrace/core'

const HIDDEN = '[redacted]'
const MAX_DEPTH = 6
const MAX_ITEMS = 100
const MAX_TEXT = 8192

/** Names of fields whose value is a secret, compared without case, `_` and `-`. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'accesskey',
  'accesstoken',
  'admintoken',
  'apikey',
  'apitoken',
  'authorization',
  'bearer',
  'clientsecret',
  'cookie',
  'credential',
  'credentials',
  'jwt',
  'nodetoken',
  'passphrase',
  'passwd',
  'password',
  'pepper',
  'privatekey',
  'proxyauthorization',
  'secret',
  'secretkey',
  'setcookie',
  'signature',
  'signingkey',
  'streamkey',
  'token',
  'webhooksecret',
  'webhooksignature',
])

/** The hexadecimal digits of a percent-encoded character, in either case, encoded over and over too: `%2f`, `%252F`. */
const encoded = (digits: string): string => `%(?:25)*(?i:${digits})`
const UNDERSCORE = `(?:_|${encoded('5f')})`
const BASE62 = `(?:[A-Za-z0-9]|${encoded('3\\d|[46][1-9a-f]|[57][\\da]')})`
const BASE64 = `(?:[+/=_-]|${encoded('2[bdf]|3d|5f')}|${BASE62})`
/** Where a word begins; a percent-encoded character before it ends in what looks like a letter. */
const BEGIN = '(?:(?<!\\w)|(?<=%[0-9A-Fa-f]{2}))'
const SECRET_PARAMETERS =
  '(?:[\\w-]*(?:key|token|secret|password|passwd|passphrase|signature|credential|jwt)|auth|authorization|code|pass|psk|sig|pwd|s)'

const PATTERNS: readonly [pattern: RegExp, replacement: string][] = [
  // user:password@ of a URL (database, Redis, RTSP)
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):[^\s/?#]*@/gi, `$1:${HIDDEN}@`],
  // ?key=… &token=… of a URL or a form, `s=` of an SRT stream id; all of it percent-encoded, the next parameter is too
  [new RegExp(`((?:[?&;,#\\s]|^|%3f|%26|%2c)${SECRET_PARAMETERS}=)[^\\s&,;"'<>]+`, 'gi'), `$1${HIDDEN}`],
  [
    new RegExp(`((?:[?&;,#\\s]|^|%3f|%26|%2c)${SECRET_PARAMETERS}%3d)(?:(?!%26|%2c)[^\\s&,;"'<>])+`, 'gi'),
    `$1${HIDDEN}`,
  ],
  // SRT's short form: publish:app/name:KEY
  [/\b((?:publish|request|read):[^\s:"'/]+(?:\/[^\s:"']+)?:)(?!\/\/)[^\s"'&]+/g, `$1${HIDDEN}`],
  // Authorization headers, wherever they are quoted; Digest has a list of parameters
  [/\bdigest\s+(?=\w+=)[^\r\n]+/gi, `Digest ${HIDDEN}`],
  [/\b(bearer|basic|digest)\s+[\w+/=.~-]{6,}/gi, `$1 ${HIDDEN}`],
  // our own secrets by prefix: stream keys, webhook secrets, API tokens (a token's id is shorter and stays)
  [new RegExp(`${BEGIN}(sk|whsec)${UNDERSCORE}${BASE64}{8,}`, 'g'), `$1_${HIDDEN}`],
  [new RegExp(`${BEGIN}tok${UNDERSCORE}${BASE62}{27,}`, 'g'), `tok_${HIDDEN}`],
  // JSON Web Tokens
  [new RegExp(`${BEGIN}eyJ[\\w-]{8,}\\.[\\w-]+\\.[\\w-]*`, 'g'), HIDDEN],
]

/** `text` without the keys, tokens and passwords in it; cut at 8192 characters. */
export function redactText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  return PATTERNS.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), bounded)
}

/**
 * A copy of `fields` that may be written: secret fields hidden at any depth, strings through `redactText`, errors as
 * `{type, code, message, stack, details, cause}`, byte arrays as their length; bounded in depth (6) and items (100).
 */
export function redactFields(fields: LogFields): LogFields {
  return redactObject(fields, 0)
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '…'
  if (value instanceof Error) return redactError(value, depth)
  if (value instanceof Date) return value
  if (value instanceof URL) return redactText(value.href)
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1))
  return redactObject(value as LogFields, depth + 1)
}

function redactObject(fields: LogFields, depth: number): LogFields {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSecretField(name, value) ? HIDDEN : redactValue(value, depth)]),
  )
}

/** Numbers, flags and nothing are never secrets: `{token: null}` tells that there was none. */
function isSecretField(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') return false
  return SECRET_FIELDS.has(name.toLowerCase().replace(/[_-]/g, ''))
}

function redactError(error: Error, depth: number): LogFields {
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    ...(code !== undefined && { code: redactValue(code, depth + 1) }),
    message: redactText(error.message),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error instanceof CodedError && { details: redactObject(error.details, depth + 1) }),
    ...(error.cause !== undefined && { cause: redactValue(error.cause, depth + 1) }),
  }
}
