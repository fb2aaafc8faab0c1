import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { seal, deriveKeyring } from '@millrace/auth'
import { concatBytes } from '@millrace/bytes'
import { initKey, segmentKey, type ArchiveFormat, type RecordFormat, type TrackInfo } from '@millrace/contracts'
import { silentLogger, type Scope } from '@millrace/core'
import { createAddressGuard } from '@millrace/address-guard'
import {
  insertJob,
  jobs,
  mediaSegments,
  newId,
  recordings,
  recountRecording,
  sessions,
  storages,
  streams,
  takes,
  transaction,
  vhosts,
  type JobRow,
  type RecordingRow,
  type WorkType,
} from '@millrace/db'
import type { Frame, Track } from '@millrace/media'
import { FragmentMuxer, writeSegmentType } from '@millrace/mp4'
import { TsFrames, TsMuxer } from '@millrace/mpegts'
import { Stores, type ObjectStore } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import { tempDir } from '../../../../test/support/scope.ts'
import { Tenant } from '../tenant.test-support.ts'
import { runJob, type RunnerDeps } from '../work/runner.ts'
import { frameMs } from './file/containers.ts'
import { createJobTypes } from './job-types.ts'
import { storageOf } from './storage-of.ts'

const run = promisify(execFile)
const NEVER = new AbortController().signal

/** When recordings of tests begin. */
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const HOST = 'tv.example.com'

/** What `ffmpeg` is to encode: a test pattern with B-frames, 25 per second, a key frame each second; and a tone. */
export interface Media {
  video?: 'libx264' | 'libx265'
  audio?: 'aac'
  seconds?: number
}

/** Real media as frames, in decoding order. */
export async function encode(scope: Scope, { video, audio, seconds = 8 }: Media): Promise<Frame[]> {
  const file = path.join(await tempDir(scope), 'media.ts')
  const quiet = video === 'libx265' ? ['-x265-params', 'log-level=none:open-gop=0:scenecut=0'] : ['-sc_threshold', '0']
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    ...(video ? ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${seconds}`] : []),
    ...(audio ? ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`] : []),
    ...(video ? ['-c:v', video, '-preset', 'ultrafast', '-bf', '2', '-g', '25', ...quiet, '-pix_fmt', 'yuv420p'] : []),
    ...(audio ? ['-c:a', audio] : []),
    '-f',
    'mpegts',
    file,
  ])
  return new TsFrames().read(await readFile(file)).toSorted((a, b) => a.dtsTicks - b.dtsTicks)
}

/** The same frames, later by the clock of their timestamps. */
export function later(segments: readonly Frame[][], seconds: number): Frame[][] {
  return segments.map((frames) =>
    frames.map((frame) => {
      const ticks = seconds * frame.track.timescale
      return { ...frame, dtsTicks: frame.dtsTicks + ticks, ptsTicks: frame.ptsTicks + ticks }
    }),
  )
}

/** The same with so large pictures that a file of all is written in several parts. */
export function enlarge(segments: readonly Frame[][], totalMb: number): Frame[][] {
  const more = Math.ceil((totalMb << 20) / segments.length)
  return segments.map((frames) => {
    const at = frames.findLastIndex(({ track }) => track.kind === 'video')
    // filler after the picture: a NAL unit that no decoder looks at
    const filler = Buffer.alloc(4 + more, 0xff)
    filler.writeUInt32BE(more)
    filler[4] = 12
    const last = frames[at]!
    return frames.with(at, { ...last, payload: Buffer.concat([last.payload, filler]) })
  })
}

/** Frames in segments of about `ms`, each from a key frame on. */
export function cut(frames: readonly Frame[], ms: number): Frame[][] {
  const leading = frames.some(({ track }) => track.kind === 'video') ? 'video' : 'audio'
  const segments: Frame[][] = []
  let fromMs = -Infinity
  for (const frame of frames) {
    // a hair early, as sound has no frame at the very moment
    if (frame.track.kind === leading && frame.key && frameMs(frame) - fromMs >= ms - 12) {
      segments.push([])
      fromMs = frameMs(frame)
    }
    // sound that comes before the first picture
    segments.at(-1)?.push(frame)
  }
  return segments
}

export const countOf = (frames: readonly Frame[], kind: Track['kind']): number =>
  frames.filter(({ track }) => track.kind === kind).length

/** What a take is made of. */
export interface TakeOptions {
  format?: ArchiveFormat
  startsAtMs?: number
  /** Of the segments, those that are lost. */
  lost?: readonly number[]
  open?: boolean
}

/** A tenant with a stream, a storage in a directory, and what a node and the control plane would have put there. */
export class TestArchive {
  readonly tenant: Tenant
  readonly store: ObjectStore
  readonly stores: Stores
  /** Of a local storage. */
  readonly directory: string | undefined
  readonly ids: { storageId: string; vhostId: string; streamId: string }
  readonly deps: RunnerDeps

  private constructor(
    tenant: Tenant,
    stores: Stores,
    store: ObjectStore,
    { directory, ...ids }: TestArchive['ids'] & { directory: string | undefined },
  ) {
    this.directory = directory
    this.tenant = tenant
    this.stores = stores
    this.store = store
    this.ids = ids
    const types = createJobTypes(stores, createAddressGuard(['127.0.0.0/8']))
    this.deps = { db: tenant.db, log: silentLogger, types }
  }

  /** In a directory of its own, or in a bucket. */
  static async create(
    scope: Scope,
    databaseUrl: string,
    bucket?: { location: typeof storages.$inferSelect.location; secretAccessKey: string },
  ): Promise<TestArchive> {
    const tenant = await Tenant.create(scope, databaseUrl)
    const { projectId, db, rootSecret } = tenant
    const keyring = deriveKeyring(rootSecret)
    const location = bucket?.location ?? { type: 'local' as const, directory: await tempDir(scope), prefix: 'p' }
    const directories = location.type === 'local' ? [location.directory] : []
    const stores = scope.use(new Stores({ keyring, allow: ['127.0.0.0/8'], directories }))
    const ids = { storageId: newId('storage'), vhostId: newId('vhost'), streamId: newId('stream') }
    const { storageId: id, vhostId, streamId } = ids
    const secretSealed = bucket === undefined ? null : seal(keyring, bucket.secretAccessKey, id)
    await db.insert(storages).values({ id, projectId, name: 's', location, secretSealed })
    await db.insert(vhosts).values({ id: vhostId, projectId, name: HOST, access: 'open' })
    await db.insert(streams).values({ id: streamId, projectId, vhostId, app: 'live', name: 'news' })
    return new TestArchive(tenant, stores, await storageOf(db, stores, id), { ...ids, directory: directories[0] })
  }

  /** Stores segments as one take, and enters them for a recording. */
  async take(recordingId: string | null, segments: readonly Frame[][], options: TakeOptions = {}): Promise<string> {
    const { format = 'fmp4', startsAtMs = START_MS, lost = [], open = false } = options
    const { projectId, db } = this.tenant
    const [id, sessionId] = [newId('take'), newId('session')]
    const { streamId, storageId } = this.ids
    const at = new Date(startsAtMs)
    await db.insert(sessions).values({
      id: sessionId,
      projectId,
      streamId,
      nodeId: 'node_1',
      bootId: 'b',
      protocol: 'rtmp',
      client: { ip: '192.0.2.7' },
      status: 'ended',
      startedAt: at,
      endedAt: new Date(startsAtMs + 3_600_000),
    })
    const tracks = [...new Set(segments.flat().map(({ track }) => track))]
    await db.insert(takes).values({
      id,
      projectId,
      streamId,
      sessionId,
      nodeId: 'node_1',
      storageId,
      format,
      epoch: 1,
      openedAt: at,
      tracks: [{ init: 0, tracks: tracks.map(infoOf), bandwidth: null }],
      ...(!open && { closedAt: new Date(), segments: segments.length }),
    })
    const writer = format === 'fmp4' ? fmp4Writer(tracks) : tsWriter(tracks)
    if (writer.init) await this.store.put(initKey(streamId, id, 0), writer.init)
    const firstMs = frameMs(segments[0]![0]!)
    for (const [seq, frames] of segments.entries()) {
      const startMs = frameMs(frames[0]!)
      const next = segments[seq + 1]?.[0]
      const endMs = next === undefined ? frameMs(frames.at(-1)!) + 40 : frameMs(next)
      const bytes = writer.segment(frames)
      if (!lost.includes(seq)) await this.store.put(segmentKey(streamId, id, seq, format), bytes)
      await db.insert(mediaSegments).values({
        takeId: id,
        seq,
        streamId,
        recordingId,
        startsAt: new Date(startsAtMs + startMs - firstMs),
        durationMs: endMs - startMs,
        bytes: bytes.length,
        lostCode: lost.includes(seq) ? 'SPOOL_FULL' : null,
        videoFrames: countOf(frames, 'video'),
        audioFrames: countOf(frames, 'audio'),
      })
    }
    if (recordingId !== null) {
      await transaction(db, (tx) => recountRecording({ db: tx, now: new Date() }, recordingId))
    }
    return id
  }

  /** A recording that has ended. */
  async recording(change: Partial<typeof recordings.$inferInsert> & { format: RecordFormat }): Promise<string> {
    const id = newId('recording')
    const { projectId } = this.tenant
    await this.tenant.db.insert(recordings).values({
      id,
      projectId,
      streamId: this.ids.streamId,
      storageId: this.ids.storageId,
      mode: 'automatic',
      plan: 'session',
      segmentS: 2,
      status: 'uploading',
      startedAt: new Date(START_MS),
      endedAt: new Date(START_MS + 3_600_000),
      ...change,
    })
    return id
  }

  async recordingRow(id: string): Promise<RecordingRow> {
    return (await this.tenant.db.select().from(recordings).where(eq(recordings.id, id)))[0]!
  }

  /** Enters a job. */
  enter(type: WorkType, subject: { type: string; id: string }, params = {}): Promise<JobRow> {
    const { db, projectId } = this.tenant
    return transaction(db, (tx) => insertJob(tx, { projectId, type, subject, params }))
  }

  async jobRow(id: string): Promise<JobRow> {
    return (await this.tenant.db.select().from(jobs).where(eq(jobs.id, id)))[0]!
  }

  /** Makes one attempt at a job. */
  async run(id: string): Promise<void> {
    await runJob(this.deps, id, NEVER)
  }

  /** Enters a job, makes one attempt at it, and returns its row. */
  async do(type: WorkType, subject: { type: string; id: string }, params = {}): Promise<JobRow> {
    const { id } = await this.enter(type, subject, params)
    await this.run(id)
    return this.jobRow(id)
  }

  /** Keys of all objects, in order. */
  async keys(prefix = ''): Promise<string[]> {
    return (await Array.fromAsync(this.store.list(prefix))).map(({ key }) => key)
  }
}

interface SegmentWriter {
  init?: Uint8Array
  segment(frames: readonly Frame[]): Uint8Array
}

function fmp4Writer(tracks: readonly Track[]): SegmentWriter {
  const muxer = new FragmentMuxer(tracks)
  return {
    init: muxer.initSegment(),
    segment: (frames) => concatBytes([writeSegmentType(), muxer.fragment(frames)]),
  }
}

function tsWriter(tracks: readonly Track[]): SegmentWriter {
  const muxer = new TsMuxer()
  muxer.setTracks(tracks)
  return {
    segment: (frames) =>
      concatBytes([muxer.tables(), ...frames.flatMap((frame) => muxer.encode(frame)), ...muxer.flush()]),
  }
}

function infoOf(track: Track): TrackInfo {
  const { kind, codec, codecString } = track
  if (track.kind === 'audio') {
    return { kind, codec, codec_string: codecString, sample_rate: track.sampleRate, channels: track.channels }
  }
  return { kind, codec, codec_string: codecString, width: track.width, height: track.height, fps: track.frameRate }
}

/** What `ffprobe` and `ffmpeg` say of a file, each frame decoded. */
export async function probe(file: string): Promise<{
  streams: { kind: string; codec: string; frames: number; startS: number; durationS: number }[]
  errors: string
}> {
  const entries = 'stream=codec_type,codec_name,nb_read_frames,start_time,duration'
  const args = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', file]
  const { stdout, stderr } = await run('ffprobe', args, { maxBuffer: 1 << 26 })
  const found = (JSON.parse(stdout) as { streams: Record<string, string>[] }).streams
  return {
    streams: found.map((stream) => ({
      kind: stream['codec_type']!,
      codec: stream['codec_name']!,
      frames: Number(stream['nb_read_frames']),
      startS: Number(stream['start_time']),
      durationS: Number(stream['duration']),
    })),
    errors: stderr,
  }
}

/** Presentation times of the packets of a stream (`v` or `a`) of a file, in the order of decoding, seconds. */
export async function packetTimes(file: string, stream: 'v' | 'a'): Promise<number[]> {
  const args = ['-v', 'error', '-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file]
  const { stdout } = await run('ffprobe', args, { maxBuffer: 1 << 26 })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]))
}
