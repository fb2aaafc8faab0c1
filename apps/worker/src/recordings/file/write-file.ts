import type { ListedSegment } from '@millrace/archive'
import { initKey, segmentKey } from '@millrace/contracts'
import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'
import type { ObjectStore } from '@millrace/storage'

import { beginningBytesOf, flvContainer, frameMs, interleave, mp4Container, type FrameCounts } from './containers.ts'
import { FileUpload } from './file-upload.ts'
import { read, readAhead } from './read-ahead.ts'
import { SegmentFrames } from './segment-frames.ts'
import { Timeline } from './timeline.ts'

/** A file to be made of segments. */
export interface FileOrder {
  store: ObjectStore
  key: string
  type: 'mp4' | 'flv'
  segments: readonly ListedSegment[]
  /** Of the segments together. */
  frames: FrameCounts
  /** Only frames of this time by the wall clock, ms since the epoch, from the key frame at or before its start on. */
  range?: { fromMs: number; toMs: number }
  signal: AbortSignal
  /** Throws when this file isn't wanted any more. Called before what others could see. */
  mayGoOn: () => Promise<void>
  /** Called after each segment. */
  onSegment?: (done: number) => Promise<void>
}

/** What became of it. */
export interface WrittenFile {
  bytes: number
  videoFrames: number
  audioFrames: number
  durationMs: number
  /** Wall clock of its first frame, ms since the epoch. */
  startsAtMs: number
  /** Segments that the index has and the store hasn't, or that can't be read. */
  missing: number
}

/**
 * Makes one file of segments, in one pass: their frames as they are, on one timeline. Throws FormatError `FILE_EMPTY` when there
 * is nothing in it, else as the store does; nothing is left of it then.
 */
export async function writeFile(order: FileOrder): Promise<WrittenFile> {
  const { store, key, segments, mayGoOn } = order
  const upload = new FileUpload(store, key, {
    expectedBytes: segments.reduce((sum, { segment }) => sum + segment.bytes, 0),
    beginningBytes: beginningBytesOf(order.type, order.frames),
    mayGoOn,
  })
  try {
    return await write(order, upload)
  } catch (error) {
    // what made it fail is worth more than what fails because of it
    await upload.abort().catch(() => {})
    throw error
  }
}

async function write(order: FileOrder, upload: FileUpload): Promise<WrittenFile> {
  const container = order.type === 'mp4' ? mp4Container() : flvContainer()
  const timeline = new Timeline()
  const written = { bytes: 0, videoFrames: 0, audioFrames: 0, durationMs: 0, startsAtMs: Number.NaN, missing: 0 }
  let done = 0
  let whole = true
  for await (const { listed, frames } of framesOf(order)) {
    if (frames === undefined) written.missing++
    else {
      const wanted = order.range === undefined ? frames : trim(frames, listed, order.range)
      const joined = timeline.join(wanted, whole && !listed.discontinuity)
      if (Number.isNaN(written.startsAtMs) && wanted.length > 0) written.startsAtMs = wallOf(listed, frames)(wanted[0]!)
      for (const frame of interleave(joined, order.type === 'mp4')) {
        const parts = container.add(frame)
        if (parts.length > 0) written[frame.track.kind === 'video' ? 'videoFrames' : 'audioFrames']++
        for (const part of parts) {
          written.bytes += part.length
          await upload.write(part)
        }
      }
    }
    whole = frames !== undefined
    await order.onSegment?.(++done)
  }
  if (written.videoFrames + written.audioFrames === 0) throw new FormatError('FILE_EMPTY', 'no frame for the file')
  const beginning = container.beginning(upload.beginningBytes)
  written.bytes += beginning.length
  await order.mayGoOn()
  await upload.finish(beginning)
  return { ...written, durationMs: timeline.endUs / 1000 }
}

/** The frames of each segment, in order; undefined for one that isn't there or can't be read. */
async function* framesOf({
  store,
  segments,
  signal,
}: FileOrder): AsyncGenerator<{ listed: ListedSegment; frames: Frame[] | undefined }> {
  const reader = new SegmentFrames()
  let init: { key: string; bytes: Uint8Array | undefined } | undefined
  const keyOf = ({ segment, take }: ListedSegment): string =>
    segmentKey(take.streamId, take.id, segment.seq, take.format)
  for await (const { item: listed, bytes } of readAhead(store, segments, keyOf, signal)) {
    const { segment, take } = listed
    const key = initKey(take.streamId, take.id, segment.init)
    if (take.format === 'fmp4' && init?.key !== key) init = { key, bytes: await read(store, key, signal) }
    yield {
      listed,
      frames: bytes && readable(reader, { format: take.format, initKey: key, init: init?.bytes, bytes }),
    }
  }
}

function readable(reader: SegmentFrames, segment: Parameters<SegmentFrames['read']>[0]): Frame[] | undefined {
  try {
    return reader.read(segment)
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

/** When frames of a segment were, by the wall clock: the index has that of the first one. */
function wallOf({ segment }: ListedSegment, frames: readonly Frame[]): (frame: Frame) => number {
  const firstMs = frames.reduce((least, frame) => Math.min(least, frameMs(frame)), Infinity)
  return (frame) => segment.startsAtMs + frameMs(frame) - firstMs
}

/** Frames from the key frame at or before the start of the range to its end. */
function trim(frames: readonly Frame[], listed: ListedSegment, range: { fromMs: number; toMs: number }): Frame[] {
  const wall = wallOf(listed, frames)
  const leading = frames.some(({ track }) => track.kind === 'video') ? 'video' : 'audio'
  let fromMs = -Infinity
  for (const frame of frames) {
    if (frame.key && frame.track.kind === leading && wall(frame) <= range.fromMs) fromMs = Math.max(fromMs, wall(frame))
  }
  return frames.filter((frame) => wall(frame) >= fromMs && wall(frame) < range.toMs)
}
