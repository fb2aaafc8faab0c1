import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { ListedSegment } from '@millrace/archive'
import { FILE_NAMES, initKey, segmentKey, storyboardSheetName, type RecordingFile } from '@millrace/contracts'
import { errorCode } from '@millrace/core'
import type { ObjectStore } from '@millrace/storage'

import { read } from '../file/read-ahead.ts'
import { makePictures } from './pictures.ts'
import type { PicturesMade } from './request.ts'
import { MAX_TILES, writeStoryboard } from './sheet.ts'

/** Enough of a segment for its first key frame. */
const SOURCE_BYTES = 2 << 20

/** What pictures are made of. */
export interface PicturesOrder {
  store: ObjectStore
  listed: readonly ListedSegment[]
  /** Where they go, with the slash at its end. */
  prefix: string
  signal: AbortSignal
}

/** A segment whose first picture is shown from `atMs` of the video on. */
interface Source {
  listed: ListedSegment
  atMs: number
}

/**
 * Makes poster and storyboard. They aren't worth a failure: when they can't be made, `errorCode` says why. Throws as the
 * store does.
 */
export async function writePictures(
  order: PicturesOrder,
): Promise<{ files: RecordingFile[]; errorCode: string | null }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'millrace-pictures-'))
  try {
    const { sources, endMs } = sourcesOf(order.listed)
    const request = {
      sources: await fetchSources(order, sources, directory),
      poster: path.join(directory, 'poster.jpg'),
      sheet: path.join(directory, 'sheet.jpg'),
    }
    let made: PicturesMade
    try {
      made = await makePictures(request, order.signal)
    } catch (error) {
      if (order.signal.aborted) throw error
      return { files: [], errorCode: errorCode(error) }
    }
    const storyboard = writeStoryboard(
      storyboardSheetName(0),
      made.layout,
      made.tiles.map((source, i) => (i === 0 ? 0 : sources[source]!.atMs)),
      endMs,
    )
    const files: RecordingFile[] = []
    for (const [type, name, bytes] of [
      ['poster', FILE_NAMES.poster, await readFile(request.poster)],
      ['storyboard_sheet', storyboardSheetName(0), await readFile(request.sheet)],
      ['storyboard', FILE_NAMES.storyboard, Buffer.from(storyboard)],
    ] as const) {
      const key = order.prefix + name
      await order.store.put(key, bytes)
      files.push({ type, key, bytes: bytes.length })
    }
    return { files, errorCode: null }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Segments at equal distances, at most as many as a sheet holds, and how long the video is. */
function sourcesOf(listed: readonly ListedSegment[]): { sources: Source[]; endMs: number } {
  const sources: Source[] = []
  const totalMs = listed.reduce((sum, { segment }) => sum + segment.durationMs, 0)
  const everyMs = listed.length <= MAX_TILES ? 0 : totalMs / MAX_TILES
  let atMs = 0
  for (const one of listed) {
    if (sources.length < MAX_TILES && atMs >= sources.length * everyMs) sources.push({ listed: one, atMs })
    atMs += one.segment.durationMs
  }
  return { sources, endMs: atMs }
}

async function fetchSources(order: PicturesOrder, sources: readonly Source[], directory: string): Promise<string[]> {
  const inits = new Map<string, Uint8Array>()
  const files: string[] = []
  for (const [i, { listed }] of sources.entries()) {
    const file = path.join(directory, `${i}.${listed.take.format === 'ts' ? 'ts' : 'mp4'}`)
    await writeFile(file, await sourceOf(order, listed, inits))
    files.push(file)
  }
  return files
}

/** Nothing for a segment that isn't there: it has no picture then. */
async function sourceOf(
  { store, signal }: PicturesOrder,
  { segment, take }: ListedSegment,
  inits: Map<string, Uint8Array>,
): Promise<Uint8Array> {
  const key = segmentKey(take.streamId, take.id, segment.seq, take.format)
  const range = { start: 0, end: SOURCE_BYTES - 1 }
  const bytes = segment.bytes === 0 ? undefined : await read(store, key, signal, range)
  if (bytes === undefined || take.format === 'ts') return bytes ?? new Uint8Array(0)
  const from = initKey(take.streamId, take.id, segment.init)
  const init = inits.get(from) ?? (await read(store, from, signal)) ?? new Uint8Array(0)
  inits.set(from, init)
  return Buffer.concat([init, bytes])
}
