import type { ArchiveFormat } from './archive.ts'

/*
 * Keys of objects, below the prefix of their storage:
 *
 *   streams/<stream>/<take>/init-<n>.mp4    <n>.m4s | <n>.ts           segments, written once
 *   streams/<stream>/live/index.m3u8        media.m3u8                 live playlist, written again and again
 *   recordings/<recording>/index.m3u8       media.m3u8  video.mp4 …    what the finish of a recording makes
 *   clips/<clip>/…                                                     the same of a clip
 *   files/…                                                            files named by a template of the user's
 */

const SEGMENT_EXTENSION: Readonly<Record<ArchiveFormat, string>> = { fmp4: 'm4s', ts: 'ts' }

/** Names of playlists: the multivariant one, which is to be opened, and the one with the segments. */
export const PLAYLIST_NAMES = { index: 'index.m3u8', media: 'media.m3u8' } as const
/** Names of what the finish makes beside playlists. */
export const FILE_NAMES = {
  mp4: 'video.mp4',
  flv: 'video.flv',
  poster: 'poster.jpg',
  storyboard: 'storyboard.vtt',
} as const

/** Name of a segment within its take: `17.m4s`. */
export const segmentName = (segment: number, format: ArchiveFormat): string => `${segment}.${SEGMENT_EXTENSION[format]}`
/** Name of an init segment within its take: `init-0.mp4`. */
export const initName = (init: number): string => `init-${init}.mp4`

/** Where everything of a take is, with the slash at its end. */
export const takePrefix = (streamId: string, takeId: string): string => `streams/${streamId}/${takeId}/`

export const segmentKey = (streamId: string, takeId: string, segment: number, format: ArchiveFormat): string =>
  takePrefix(streamId, takeId) + segmentName(segment, format)

export const initKey = (streamId: string, takeId: string, init: number): string =>
  takePrefix(streamId, takeId) + initName(init)

/** Where everything that the archive of a stream wrote is. */
export const streamPrefix = (streamId: string): string => `streams/${streamId}/`
/** Where everything is that was made of a recording. Segments are not there. */
export const recordingPrefix = (recordingId: string): string => `recordings/${recordingId}/`
/** Where everything is that was made of a clip. */
export const clipPrefix = (clipId: string): string => `clips/${clipId}/`
/** Where files with names of the user's own are. */
export const FILES_PREFIX = 'files/'

/** Key of the live playlist of a stream. */
export const livePlaylistKey = (streamId: string, playlist: keyof typeof PLAYLIST_NAMES): string =>
  `${streamPrefix(streamId)}live/${PLAYLIST_NAMES[playlist]}`

/** Name of a sheet of pictures, from 0: `storyboard-0.jpg`. */
export const storyboardSheetName = (sheet: number): string => `storyboard-${sheet}.jpg`

const NUMBER = String.raw`(0|[1-9]\d{0,9})`
const INIT = new RegExp(`^init-${NUMBER}\\.mp4$`)
const SEGMENT = new RegExp(`^${NUMBER}\\.(m4s|ts)$`)
const LIVE = /^live\/(index|media)\.m3u8$/

/** What a node calls an object of a take in a request for grants. */
export type TakeObject =
  | { type: 'init'; init: number }
  | { type: 'segment'; segment: number; format: ArchiveFormat }
  | { type: 'live'; playlist: keyof typeof PLAYLIST_NAMES }

/** Reads such a name: `init-0.mp4`, `17.m4s`, `17.ts`, `live/index.m3u8`. Undefined for any other. */
export function parseTakeObject(name: string): TakeObject | undefined {
  const init = INIT.exec(name)
  if (init !== null) return { type: 'init', init: Number(init[1]) }
  const segment = SEGMENT.exec(name)
  if (segment !== null) {
    return { type: 'segment', segment: Number(segment[1]), format: segment[2] === 'ts' ? 'ts' : 'fmp4' }
  }
  const live = LIVE.exec(name)
  return live === null ? undefined : { type: 'live', playlist: live[1] as keyof typeof PLAYLIST_NAMES }
}

/** The key that such a name means. Undefined for a name that no take has. */
export function takeObjectKey(streamId: string, takeId: string, name: string): string | undefined {
  const object = parseTakeObject(name)
  if (object === undefined) return undefined
  return object.type === 'live' ? streamPrefix(streamId) + name : takePrefix(streamId, takeId) + name
}

/** Whose object a key is, by its form. */
export type ObjectOwner =
  | { type: 'take'; streamId: string; takeId: string; object: TakeObject }
  | { type: 'live'; streamId: string }
  | { type: 'recording'; id: string; name: string }
  | { type: 'clip'; id: string; name: string }

const ID = '[0-9a-hjkmnp-tv-z]{26}'
const TAKE_KEY = new RegExp(`^streams/(str_${ID})/(tak_${ID})/([^/]+)$`)
const LIVE_KEY = new RegExp(`^streams/(str_${ID})/live/(?:index|media)\\.m3u8$`)
const MADE_KEY = new RegExp(`^(?:recordings/(rec_${ID})|clips/(clp_${ID}))/([^/]+)$`)

/** Reads a key below `streams/`, `recordings/` or `clips/`. Undefined for one that is none of ours. */
export function parseObjectKey(key: string): ObjectOwner | undefined {
  const take = TAKE_KEY.exec(key)
  if (take !== null) {
    const object = parseTakeObject(take[3]!)
    return object === undefined ? undefined : { type: 'take', streamId: take[1]!, takeId: take[2]!, object }
  }
  const live = LIVE_KEY.exec(key)
  if (live !== null) return { type: 'live', streamId: live[1]! }
  const made = MADE_KEY.exec(key)
  if (made === null) return undefined
  const [, recording, clip, name] = made
  if (recording !== undefined) return { type: 'recording', id: recording, name: name! }
  return { type: 'clip', id: clip!, name: name! }
}

/** The URI of `key` in a playlist at `from`: `../../streams/…` from `recordings/…/media.m3u8`. */
export function relativeUri(from: string, key: string): string {
  const base = from.split('/').slice(0, -1)
  const target = key.split('/')
  let common = 0
  while (common < base.length && common < target.length - 1 && base[common] === target[common]) common++
  return [...base.slice(common).map(() => '..'), ...target.slice(common)].join('/')
}

/** What the variables of a path template stand for. */
export interface PathFacts {
  vhost: string
  app: string
  stream: string
  startedAt: Date
  durationS: number
}

const two = (value: number): string => String(value).padStart(2, '0')

/** SRS's variables of `dvr_path`; times are the start of the recording in UTC. */
const PATH_VARIABLES: Readonly<Record<string, (facts: PathFacts) => string>> = {
  vhost: ({ vhost }) => vhost,
  app: ({ app }) => app,
  stream: ({ stream }) => stream,
  '2006': ({ startedAt }) => String(startedAt.getUTCFullYear()).padStart(4, '0'),
  '01': ({ startedAt }) => two(startedAt.getUTCMonth() + 1),
  '02': ({ startedAt }) => two(startedAt.getUTCDate()),
  '15': ({ startedAt }) => two(startedAt.getUTCHours()),
  '04': ({ startedAt }) => two(startedAt.getUTCMinutes()),
  '05': ({ startedAt }) => two(startedAt.getUTCSeconds()),
  '999': ({ startedAt }) => String(startedAt.getUTCMilliseconds()).padStart(3, '0'),
  timestamp: ({ startedAt }) => String(startedAt.getTime()),
  duration: ({ durationS }) => String(Math.round(durationS * 1000)),
}

/** Names that may stand in brackets in a path template. */
export const PATH_VARIABLE_NAMES: readonly string[] = Object.keys(PATH_VARIABLES)

/**
 * Key of the file of a recording by the user's template, below `files/`: `[app]/[stream].[timestamp]`. A template that
 * ends in another extension than the file's gets it added. SRS: times are those of the machine there, UTC here.
 *
 * @see https://ossrs.net/lts/en-us/docs/v4/doc/dvr
 */
export function templatedFileKey(template: string, extension: 'mp4' | 'flv', facts: PathFacts): string {
  const path = template.replaceAll(/\[(\w+)\]/g, (whole, name: string) => PATH_VARIABLES[name]?.(facts) ?? whole)
  return FILES_PREFIX + (path.endsWith(`.${extension}`) ? path : `${path}.${extension}`)
}
