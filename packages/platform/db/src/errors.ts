/** SQLSTATE of a failed statement (`23505` …) or code of a failed connection (`ECONNREFUSED` …), wherever it is wrapped. */
export function dbErrorCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}

/** Name of the constraint that a statement broke. */
export function brokenConstraint(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('constraint_name' in at && typeof at.constraint_name === 'string') return at.constraint_name
  }
  return undefined
}

const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  // server: shut down, crashed, starting up, too many connections
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

/** True when the database could not be reached or went away: the same work may succeed later. */
export function isUnavailable(error: unknown): boolean {
  const code = dbErrorCode(error)
  return code !== undefined && (CONNECTION_CODES.has(code) || code.startsWith('08'))
}
