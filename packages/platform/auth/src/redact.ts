const MASK = '***'

/** Names of parameters and fields that hold a secret. */
const SECRET_NAMES =
  'key|stream_?key|streamkey|token|access_token|api_?key|secret|password|passwd|pass|passphrase|authorization|cookie|set-cookie|signature|sig|jwt|credential'

const RULES: readonly (readonly [RegExp, string])[] = [
  // our own secrets, wherever they stand; a token's id has 26 characters and stays
  [/\bsk_[A-Za-z0-9]+/g, `sk_${MASK}`],
  [/\btok_[A-Za-z0-9]{27,}/g, `tok_${MASK}`],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, `whsec_${MASK}`],
  // Authorization: Bearer …, Basic …, Digest …
  [/\b(Bearer|Basic)\s+[^\s,"']+/gi, `$1 ${MASK}`],
  [/\b(Digest)\s+(?=\w+=)[^\r\n]+/gi, `$1 ${MASK}`],
  // ?key=…&token=… in a URL or a header-like line
  [new RegExp(`([?&;,\\s]|^)((?:${SECRET_NAMES})\\s*=\\s*)[^&;,#\\s"']+`, 'gi'), `$1$2${MASK}`],
  // SRT streamid: #!::m=publish,r=live/NAME,s=KEY, and publish:live/NAME:KEY
  [/(#!::[^\s"']*?\bs=)[^,\s"']+/g, `$1${MASK}`],
  [/\b((?:publish|request|read):[^\s:"'/]+(?:\/[^\s:"']+)?:)(?!\/\/)[^\s"'&]+/g, `$1${MASK}`],
  // rtmp://user:password@host
  [/(\/\/[^\s/:@"']+:)[^\s/@"']+@/g, `$1${MASK}@`],
]

/** The text with every form of key, token, secret and credential masked. Safe on any text; time is linear in its length. */
export function redactText(text: string): string {
  let clean = text
  for (const [pattern, replacement] of RULES) clean = clean.replace(pattern, replacement)
  return clean
}

const SECRET_FIELD = new RegExp(`^(?:.*[_-])?(?:${SECRET_NAMES})$`, 'i')

/**
 * The value with the strings in it redacted, and whole fields masked whose name says secret (`key`, `authorization`, …).
 * Goes 8 levels deep, cuts what is deeper, and leaves the original as it is.
 */
export function redactFields(value: unknown, depth = 8): unknown {
  if (typeof value === 'string') return redactText(value)
  if (value === null || typeof value !== 'object') return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth - 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_FIELD.test(name) && typeof item === 'string' ? MASK : redactFields(item, depth - 1),
    ]),
  )
}
