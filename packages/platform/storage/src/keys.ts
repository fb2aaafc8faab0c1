import { storageError } from './errors.ts'

/** Longest key, UTF-8 bytes, prefix included. @see Amazon S3 User Guide, "Object key naming" */
const MAX_KEY_BYTES = 1024
/** Longest part of a key between slashes, as file systems have it. */
const MAX_SEGMENT_BYTES = 255

/** Nearly all keys; the rest is looked at closely. */
const PLAIN = /^(?:[\w-][\w.-]{0,199}\/){0,9}[\w-][\w.-]{0,199}$/

/** Folder of a local store for what isn't an object (yet). No key has it between slashes, in no store. */
export const HIDDEN_FOLDER = '.millrace'

/**
 * The key below a prefix, which may be empty or end with a slash.
 *
 * @throws ServiceError `STORAGE_KEY_INVALID` for a key that is too long, or wouldn't be the same path on every storage: empty,
 * `.` or `..` between slashes, control characters, backslashes
 */
export function fullKey(prefix: string, key: string): string {
  const folder = folderOf(prefix)
  const problem = PLAIN.test(key) ? undefined : problemOf(key)
  if (problem !== undefined) throw storageError('STORAGE_KEY_INVALID', `not a key of an object: ${problem}`)
  if (Buffer.byteLength(folder + key) > MAX_KEY_BYTES) {
    throw storageError('STORAGE_KEY_INVALID', `a key has at most ${MAX_KEY_BYTES} bytes with the storage's prefix`)
  }
  return folder + key
}

/** The prefix as the start of keys: empty, or with a slash at its end. */
export function folderOf(prefix: string): string {
  const segments = prefix.split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.length === 0 ? '' : `${segments.join('/')}/`
}

function problemOf(key: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'it has a control character or a backslash'
  if (!key.isWellFormed()) return 'it is not Unicode'
  const segments = key.split('/')
  for (const segment of segments) {
    if (segment === HIDDEN_FOLDER) return `${HIDDEN_FOLDER} is not for objects`
    if (segment === '' || segment === '.' || segment === '..') return 'it has "", "." or ".." between slashes'
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `more than ${MAX_SEGMENT_BYTES} bytes between slashes`
  }
  return undefined
}
