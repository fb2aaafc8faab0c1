import { initName, segmentName, type TrackInfo, takePrefix } from '@millrace/contracts'
import type { MediaPlaylist, MediaSegment, Variant } from '@millrace/hls'

import { type ArchivePart, type ArchiveSegment, formatOf, type TakeRow } from './segments.ts'

/** A segment that a playlist lists. */
export interface ListedSegment {
  segment: ArchiveSegment
  take: TakeRow
  /** Players must begin anew with it. */
  discontinuity: boolean
}

/**
 * What of a part a playlist can list. Left out are segments without an object, those that a node wrote after another had
 * taken the stream over, and those of another format than the first's.
 *
 * @param growing leaves out what comes behind a hole that may still be filled: nobody may put a segment between two that
 * were listed
 * @param lost `gap` lists those that were lost, too: where segments go from the front, none may be missing from the count
 */
export function listedSegments(part: ArchivePart, growing: boolean, lost: 'skip' | 'gap' = 'skip'): ListedSegment[] {
  const format = formatOf(part)
  const listed: ListedSegment[] = []
  const nextSeq = new Map<string, number>()
  let epoch = 0
  let before: ArchiveSegment | undefined
  for (const segment of part.segments) {
    const take = part.takes.get(segment.takeId)
    if (take === undefined || take.format !== format || (take.epoch !== null && take.epoch < epoch)) continue
    epoch = Math.max(epoch, take.epoch ?? 0)
    const expected = nextSeq.get(take.id) ?? segment.seq
    if (growing && take.closedAt === null && segment.seq !== expected) continue
    nextSeq.set(take.id, segment.seq + 1)
    if (segment.lost && lost === 'skip') continue
    // nobody knows the tracks of what was lost: it is a gap in those before it
    const known = segment.lost && before?.takeId === take.id ? { ...segment, init: before.init } : segment
    listed.push({ segment: known, take, discontinuity: before !== undefined && !continues(before, known) })
    before = known
  }
  return listed
}

const continues = (before: ArchiveSegment, segment: ArchiveSegment): boolean =>
  before.takeId === segment.takeId &&
  before.init === segment.init &&
  before.seq + 1 === segment.seq &&
  !segment.discontinuity

/** What a playlist says beside its segments. */
export interface PlaylistHead {
  /** `vod`: it is complete. `event`: more will be added. `live`: and others removed. */
  kind: 'vod' | 'event' | 'live'
  /** Length of segments that was asked for, seconds: while a playlist grows its target duration must not. */
  segmentS: number
  mediaSequence?: number
  discontinuitySequence?: number
}

/** URL of an object of a storage. */
export type UrlOf = (storageId: string, key: string) => string

/** How far the time that a player counts may be from the wall clock, before it is told again. */
const MAX_DRIFT_MS = 50

/** A media playlist of listed segments. */
export function mediaPlaylist(listed: readonly ListedSegment[], head: PlaylistHead, urlOf: UrlOf): MediaPlaylist {
  const { kind, segmentS, mediaSequence = 0, discontinuitySequence = 0 } = head
  const maps = new Map<string, string>()
  let impliedMs = Number.NaN
  const segments = listed.map(({ segment, take, discontinuity }): MediaSegment => {
    const { startsAtMs, durationMs } = segment
    const folder = takePrefix(take.streamId, take.id)
    // without a date a player counts on from the one before
    const dated = discontinuity || !(Math.abs(startsAtMs - impliedMs) <= MAX_DRIFT_MS)
    impliedMs = (dated ? startsAtMs : impliedMs) + durationMs
    return {
      uri: urlOf(take.storageId, folder + segmentName(segment.seq, take.format)),
      durationUs: Math.round(durationMs * 1000),
      discontinuity,
      wallMs: dated ? startsAtMs : null,
      ...(segment.lost && { gap: true }),
      ...(take.format === 'fmp4' && { mapUri: mapUri(maps, take, folder + initName(segment.init), urlOf) }),
    }
  })
  const longestS = listed.reduce((longest, { segment }) => Math.max(longest, segment.durationMs), 0) / 1000
  return {
    targetDurationS: Math.max(1, segmentS, Math.round(longestS)),
    mediaSequence,
    discontinuitySequence,
    segments,
    ended: kind === 'vod',
    ...(kind !== 'live' && { playlistType: kind }),
  }
}

function mapUri(maps: Map<string, string>, take: TakeRow, key: string, urlOf: UrlOf): string {
  const known = maps.get(key)
  if (known !== undefined) return known
  const uri = urlOf(take.storageId, key)
  maps.set(key, uri)
  return uri
}

/**
 * The one rendition that an archive has. Its codecs are the first of each kind: players take those of a later take from its
 * initialisation section.
 */
export function variantOf(
  takes: readonly Pick<TakeRow, 'tracks'>[],
  { peakBps, averageBps }: { peakBps: number; averageBps: number },
  uri: string,
): Variant {
  const tracks = takes.flatMap((take) =>
    take.tracks.toSorted((a, b) => a.init - b.init).flatMap((entry) => entry.tracks),
  )
  const first = (kind: TrackInfo['kind']) => tracks.find((track) => track.kind === kind)
  const [video, audio] = [first('video'), first('audio')]
  const codecs = [video, audio].flatMap((track) => (track === undefined ? [] : [track.codec_string]))
  return {
    uri,
    bandwidthBps: Math.max(1, Math.ceil(peakBps)),
    averageBandwidthBps: averageBps > 0 ? Math.ceil(averageBps) : null,
    // a list that lacks one would have players leave it out
    codecs: codecs.every((codec) => codec !== undefined) ? codecs : [],
    width: video?.width ?? 0,
    height: video?.height ?? 0,
    frameRate: video?.fps ?? 0,
  }
}
