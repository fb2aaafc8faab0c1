import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename } from 'node:fs/promises'
import http from 'node:http'
import type net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { createAddressGuard } from '@millrace/address-guard'
import {
  nodeReportSchema,
  storageGrantRequestSchema,
  takeObjectKey,
  type ArchiveOrder,
  type ObjectGrant,
  type StorageGrantAnswer,
} from '@millrace/contracts'
import { CodedError, silentLogger, type Scope } from '@millrace/core'
import { Hub, type Publication } from '@millrace/hub'
import type { Frame, Track } from '@millrace/media'
import { FakeScheduler } from '@millrace/testkit'

import { words } from '../../../../../test/support/program.ts'
import { tempDir } from '../../../../../test/support/scope.ts'
import { readTsFile, type TsFile } from '../../../../../test/support/ts-frames.ts'
import type { ControlClient } from '../../node-link/control-client.ts'
import type { ReportBody } from '../../node-link/reporter.ts'
import { Archive, type ArchiveDeps } from './archive.ts'
import { HttpObjects } from './http-objects.ts'
import { LivePlaylists } from './live-playlists.ts'
import { LocalObjects } from './local-objects.ts'
import type { ObjectAccess } from './objects.ts'
import { Spool } from './spool.ts'
import { StorageGrants } from './storage-grants.ts'

const run = promisify(execFile)

export const STREAM_ID = 'str_01jd8y4v5xk3q9m2w7r6t0abcd'
const STORAGE_ID = 'sto_01jd8y4v5xk3q9m2w7r6t0abcd'
const NODE_ID = 'node_01jd8y4v5xk3q9m2w7r6t0abcd'
const WALL_MS = 1_790_000_000_000

/** How a storage behaves. */
export type Behaviour = 'well' | 'unavailable' | 'silent' | 'forgetful' | 'denying' | 'without conditions'

/** A server of objects that may misbehave: PUT and GET with conditions, as S3 does. */
export class ObjectServer {
  readonly objects = new Map<string, { body: Buffer; headers: http.IncomingHttpHeaders; etag: string }>()
  /** Keys of all PUTs that were taken, in order. */
  readonly puts: string[] = []
  behaviour: Behaviour = 'well'
  refused = 0
  #port = 0

  static async start(scope: Scope): Promise<ObjectServer> {
    const objects = new ObjectServer()
    const server = http.createServer((request, response) => void objects.#serve(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    objects.#port = (server.address() as net.AddressInfo).port
    scope.defer(() => {
      server.closeAllConnections()
      server.close()
    })
    return objects
  }

  url(key: string): string {
    return `http://127.0.0.1:${this.#port}/bucket/${key}?X-Amz-Signature=s`
  }

  text(key: string): string {
    return this.objects.get(key)?.body.toString('utf8') ?? ''
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const key = new URL(request.url ?? '/', 'http://x').pathname.slice('/bucket/'.length)
    const { behaviour } = this
    if (behaviour === 'silent') return
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (behaviour === 'unavailable' || behaviour === 'denying') {
      this.refused++
      response.writeHead(behaviour === 'denying' ? 403 : 503).end('<Error><Code>SlowDown</Code></Error>')
      return
    }
    const there = this.objects.get(key)
    if (request.method === 'GET') {
      if (there) response.writeHead(200, { etag: there.etag }).end(there.body)
      else response.writeHead(404).end()
      return
    }
    const { 'if-match': match, 'if-none-match': none } = request.headers
    if (behaviour === 'without conditions' && (match ?? none) !== undefined) return void response.writeHead(501).end()
    if ((none === '*' && there) || (match !== undefined && match !== there?.etag)) {
      return void response.writeHead(412).end()
    }
    const body = Buffer.concat(chunks)
    assert.equal(String(body.length), request.headers['content-length'])
    const etag = `"${createHash('md5').update(body).digest('hex')}"`
    this.objects.set(key, { body, headers: request.headers, etag })
    this.puts.push(key)
    // stored, but the answer is lost
    if (behaviour === 'forgetful') return void request.socket.destroy()
    response.writeHead(200, { etag }).end()
  }
}

/** The control plane, as far as the archive asks it. */
export class GrantingControl implements ControlClient {
  readonly requests: number[] = []
  away = false
  /** Refuses the takes whose objects begin so. */
  refuse: { prefix: string; code: 'EPOCH_STALE' | 'STREAM_NOT_FOUND' } | undefined
  /** Where an object is: a URL, or a path. */
  readonly #placeOf: (key: string) => string

  constructor(placeOf: (key: string) => string) {
    this.#placeOf = placeOf
  }

  async post(url: string, body: unknown): Promise<StorageGrantAnswer> {
    assert.equal(url, '/node/v1/storage-grants')
    if (this.away) throw new CodedError('CONTROL_UNREACHABLE', 'away')
    const { requests } = storageGrantRequestSchema.parse(body)
    this.requests.push(requests.length)
    const expires_at = new Date(Date.now() + 900_000).toISOString()
    const { refuse } = this
    const grants = requests.map(({ take_id, stream_id, objects }) => {
      if (refuse && objects.some(({ name }) => name.startsWith(refuse.prefix))) {
        return { take_id, error_code: refuse.code }
      }
      const granted = objects.map(({ name, method }): ObjectGrant => {
        const place = this.#placeOf(takeObjectKey(stream_id, take_id, name) ?? assert.fail(name))
        if (path.isAbsolute(place)) return { type: 'file', name, method, path: place }
        return { type: 'http', name, method, url: place, headers: {}, expires_at }
      })
      return { take_id, objects: granted }
    })
    return { grants }
  }
}

export interface RigOptions extends Partial<Pick<ArchiveDeps, 'uploads' | 'closeMs' | 'retry' | 'idleMs'>> {
  readonly maxSpoolBytes?: number
  /** Objects are in a directory instead of at the server. */
  readonly local?: boolean
  readonly reconnectWindowMs?: number
}

/** An archive with everything around it that can be in one process; `restart` is what a new run of the node has. */
export class Rig {
  readonly scope: Scope
  /** Of a local storage. */
  readonly storageDir: string
  readonly server: ObjectServer
  readonly reports: ReportBody[] = []
  readonly scheduler = new FakeScheduler()
  readonly hub: Hub
  readonly options: RigOptions
  #node: { readonly archive: Archive; readonly spool: Spool; readonly control: GrantingControl }
  #wallMs = WALL_MS
  #sessions = 0

  private constructor(
    scope: Scope,
    dirs: { spoolDir: string; storageDir: string },
    server: ObjectServer,
    options: RigOptions,
  ) {
    this.scope = scope
    this.storageDir = dirs.storageDir
    this.server = server
    this.options = options
    this.hub = new Hub(this.scheduler, { reconnectWindowMs: options.reconnectWindowMs ?? 10_000 })
    this.#node = this.#open(dirs.spoolDir)
  }

  static async start(scope: Scope, options: RigOptions = {}): Promise<Rig> {
    const dir = await tempDir(scope)
    const dirs = { spoolDir: path.join(dir, 'spool'), storageDir: path.join(dir, 'storage') }
    return new Rig(scope, dirs, await ObjectServer.start(scope), options)
  }

  get archive(): Archive {
    return this.#node.archive
  }

  get spool(): Spool {
    return this.#node.spool
  }

  get control(): GrantingControl {
    return this.#node.control
  }

  /** The node is killed, and another run finds its disk as it was at that moment; it is not recovered yet. */
  async restart(): Promise<void> {
    this.control.away = true
    const dir = `${this.spool.dir}-`
    await cp(this.spool.dir, dir, { recursive: true })
    this.#node = this.#open(dir)
  }

  /** Text of an object in the directory. */
  local(key: string): Promise<string> {
    return readFile(path.join(this.storageDir, key), 'utf8')
  }

  /** Wall time goes with the media that is written. */
  publish(
    order: ArchiveOrder | null,
    epoch = 1,
  ): { sessionId: string; publication: Publication; write: (file: TsFile) => void } {
    const sessionId = `ses_01jd8y4v5xk3q9m2w7r6t0${String(this.#sessions++).padStart(4, '0')}`
    const { archive } = this
    const stream = this.hub.open({ vhost: 'v', app: 'live', name: 'x' })
    const publication = stream.publish(() => archive.end(sessionId))
    archive.begin({ sessionId, stream, streamId: STREAM_ID, epoch }, order)
    const write = ({ tracks, frames }: TsFile): void => {
      for (const track of tracks) publication.setTrack(track)
      const startMs = this.#wallMs
      const first = frames[0]?.dtsTicks ?? 0
      for (const frame of frames) {
        this.#wallMs = startMs + Math.round((frame.dtsTicks - first) / 90)
        publication.write(frame)
      }
    }
    return { sessionId, publication, write }
  }

  /** Reports of this kind. */
  of<T extends ReportBody['type']>(type: T): Extract<ReportBody, { type: T }>[] {
    return this.reports.filter((report): report is Extract<ReportBody, { type: T }> => report.type === type)
  }

  /** Every object that was reported, once; each is there as it was reported. */
  checkIndex(): void {
    for (const [i, body] of this.reports.entries()) {
      nodeReportSchema.parse({ ...body, seq: i + 1, at: '2026-01-01T00:00:00.000Z' })
    }
    const keys = this.of('segment.stored').map(({ take_id, segment }) => `${take_id}/${segment}`)
    assert.equal(new Set(keys).size, keys.length)
    for (const { take_id, segment, bytes } of this.of('segment.stored')) {
      const found = [...this.server.objects].find(([key]) => key.includes(`${take_id}/${segment}.`))
      assert.equal(found?.[1].body.length, bytes)
    }
  }

  #open(dir: string): { archive: Archive; spool: Spool; control: GrantingControl } {
    const { maxSpoolBytes: maxBytes = 1 << 30, local: _local, reconnectWindowMs: _window, ...options } = this.options
    const web = new HttpObjects(createAddressGuard(['127.0.0.0/8']))
    const local = new LocalObjects([this.storageDir])
    this.scope.defer(() => web.close())
    const objects: ObjectAccess = {
      put: (grant, body, put) => (grant.type === 'http' ? web.put(grant, body, put) : local.put(grant, body, put)),
      get: (grant, get) => (grant.type === 'http' ? web.get(grant, get) : local.get(grant)),
    }
    const wallNowMs = (): number => this.#wallMs
    const control = new GrantingControl((key) =>
      this.options.local ? path.join(this.storageDir, key) : this.server.url(key),
    )
    const grants = new StorageGrants({ control, nodeId: () => NODE_ID, wallNowMs })
    const spool = new Spool({ dir, maxBytes })
    const retry = { baseMs: 5, maxMs: 20 }
    const archive = new Archive({
      spool,
      grants,
      objects,
      live: new LivePlaylists({ grants, objects, logger: silentLogger, retry }),
      record: async (body) => void this.reports.push(body),
      onStored() {},
      wallNowMs,
      logger: silentLogger,
      uploads: 8,
      closeMs: 500,
      retry,
      ...options,
    })
    // also when it counts as killed: its files are to be closed
    this.scope.defer(() => archive.close())
    return { archive, spool, control }
  }
}

export const order = (change: Partial<ArchiveOrder> = {}): ArchiveOrder => ({
  storage_id: STORAGE_ID,
  format: 'fmp4',
  segment_ms: 2000,
  live_playlist: null,
  ...change,
})

const SOURCES = {
  video: '-f lavfi -i testsrc2=size=320x180:rate=25',
  audio: '-f lavfi -i sine=440:sample_rate=44100',
} as const
const ENCODERS = {
  h264: '-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 25 -sc_threshold 0 -pix_fmt yuv420p',
  hevc: '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:scenecut=0:bframes=3 -pix_fmt yuv420p',
  aac: '-c:a aac',
  mp3: '-c:a libmp3lame',
} as const

export interface ClipOptions {
  readonly video?: 'h264' | 'hevc'
  readonly audio?: 'aac' | 'mp3'
  readonly seconds?: number
}

/** Frames of a test clip with a key frame each second, encoded once on a machine. */
export async function clip({ video, audio, seconds = 9 }: ClipOptions): Promise<TsFile> {
  const directory = path.join(tmpdir(), 'millrace-clips')
  const file = path.join(directory, `archive-${video}-${audio}-${seconds}.ts`)
  if (!existsSync(file)) {
    await mkdir(directory, { recursive: true })
    const draft = `${file}.${process.pid}`
    const inputs = [video && SOURCES.video, audio && SOURCES.audio].flatMap((source) => source ?? [])
    const encoders = [video, audio].flatMap((codec) => (codec ? ENCODERS[codec] : []))
    const args = words(`-v error -y ${inputs.join(' ')} -t ${seconds} ${encoders.join(' ')} -f mpegts`)
    await run('ffmpeg', [...args, draft])
    await rename(draft, file)
  }
  return readTsFile(await readFile(file))
}

/** How many frames of a kind. */
export const count = (frames: readonly Frame[], kind: Track['kind']): number =>
  frames.filter(({ track }) => track.kind === kind).length
