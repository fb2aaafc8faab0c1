/** Names and limits for those who check nothing else: the rest of this package brings zod, which is 30 MB. */

/** The name by which a vhost that nobody named is known, as in SRS. */
export const DEFAULT_VHOST = '__defaultVhost__'

/** Longest host name, app and stream name, in characters. */
export const NAME_LIMITS = { vhost: 253, app: 255, stream: 255 } as const

/** Characters of an app or a stream's name. */
export const PATH_NAME_PATTERN = /^[^\s\p{Cc}?#%\\]+$/u

/** A host name in lower case, or `__defaultVhost__`. */
export const VHOST_NAME_PATTERN = /^(__defaultVhost__|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)$/

/** Whether a path has no segment that is empty, `.` or `..`. */
export function hasPlainSegments(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** What `pathNameSchema` accepts. */
export function isPathName(name: string): boolean {
  return name.length <= NAME_LIMITS.app && PATH_NAME_PATTERN.test(name) && hasPlainSegments(name)
}

/** What `streamNameSchema` accepts. */
export function isStreamName(name: string): boolean {
  return isPathName(name) && !name.includes('/')
}

/** What `vhostNameSchema` accepts. */
export function isVhostName(name: string): boolean {
  return name.length <= NAME_LIMITS.vhost && VHOST_NAME_PATTERN.test(name)
}

/** Longest playback token, in characters: some clients cut URLs at little more. */
export const MAX_PLAYBACK_TOKEN_LENGTH = 1024
/** Longest time from `iat` to `exp` of a playback token, seconds: revocations are kept as long. */
export const MAX_PLAYBACK_TOKEN_LIFETIME_S = 7 * 24 * 3600

export * from './srs-callbacks.ts'
