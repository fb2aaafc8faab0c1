import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import type { Page, Recording, RecordSettings, Storage, Stream } from '@millrace/contracts'

import { eventually } from './eventually.ts'
import { words } from './program.ts'
import type { TestBucket } from './radosgw.ts'

const run = promisify(execFile)

/** A REST API, called as its administrator. */
export type Api = <T>(resource: string, body?: unknown, method?: string) => Promise<T>

/** A storage over a bucket, which everybody can read at `publicUrl` if there is one. Returns its id. */
export async function storageOf(
  api: Api,
  { location, secretAccessKey }: TestBucket,
  publicUrl: string | null = null,
): Promise<string> {
  const storage = { name: 'test', location, secret_access_key: secretAccessKey, public_base_url: publicUrl }
  const { id } = await api<Storage>('storages', storage)
  return id
}

/** A stream `live/<name>` that is recorded. */
export function recordedStream(
  api: Api,
  name: string,
  record: Partial<RecordSettings>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Stream> {
  return api<Stream>('streams', { name, record: { mode: 'automatic', ...record }, ...settings })
}

/** The recordings of a stream, the oldest first. */
export async function recordingsOf(api: Api, streamId: string): Promise<Recording[]> {
  const { data } = await api<Page<Recording>>(`recordings?stream_id=${streamId}&limit=100`)
  return data.toSorted((a, b) => (a.started_at < b.started_at ? -1 : 1))
}

/** Waits until the only recording of a stream is finished, and returns it. */
export function finishedRecording(api: Api, streamId: string, timeoutMs = 60_000): Promise<Recording> {
  return eventually(
    `the recording of ${streamId} is finished`,
    async () => {
      const [recording] = await recordingsOf(api, streamId)
      return recording && ['ready', 'partial', 'failed'].includes(recording.status) && recording
    },
    timeoutMs,
  )
}

/** Times of the frames of one kind as a demuxer gives them, seconds, in order. */
export interface FrameTimes {
  readonly video: readonly number[]
  readonly audio: readonly number[]
}

/** The presentation times of all packets of a file or URL. */
export async function frameTimes(url: string): Promise<FrameTimes> {
  const { stdout } = await run(
    'ffprobe',
    [...words('-v error -show_entries packet=codec_type,pts_time -of csv=p=0'), url],
    { maxBuffer: 64 << 20 },
  )
  const times = { video: [] as number[], audio: [] as number[] }
  for (const line of stdout.split('\n')) {
    const [kind, pts] = line.split(',')
    if ((kind === 'video' || kind === 'audio') && pts !== undefined) times[kind].push(Number.parseFloat(pts))
  }
  times.video.sort((a, b) => a - b)
  times.audio.sort((a, b) => a - b)
  return times
}
