/**
 * `npm run bench:dvr`: many streams of 1 Mbit/s published to one server that records them, and to the same server that doesn't. The
 * server under test is alone on core 0; publishers, control plane, object storage and this program stay on core 1. Linux only.
 */
import { mkdir } from 'node:fs/promises'
import { loadavg } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import type { RecordFormat, RecordSettings, Storage } from '@millrace/contracts'
import { CodedError, Scope } from '@millrace/core'

import { Cluster } from '../support/cluster.ts'
import { SupportError } from '../support/errors.ts'
import { newBucket } from '../support/radosgw.ts'
import { storageOf } from '../support/recordings.ts'
import { tempDir } from '../support/scope.ts'
import { type DvrMeasurement, dvrTable } from './dvr-report.ts'
import { sampleProcess } from './process-sample.ts'
import { benchClip } from './publisher.ts'
import { publishMany } from './publishers.ts'
import { millraceRecorder } from './servers/millrace-recorder.ts'
import { nginxRecorder } from './servers/nginx-recorder.ts'
import type { RecorderKind } from './servers/recorder.ts'
import { takeOthersCore } from './servers/server.ts'
import { buildGenerator } from './tools.ts'

const USAGE = `npm run bench:dvr -- [OPTION …]
  --streams 100               publishers of 1 Mbit/s
  --seconds 60                measured window of each run
  --format fmp4|ts|mp4|flv    of the recordings of millrace; mp4 and flv are made of fMP4 when they are over
  --runs none,local,s3,nginx,nginx-record
  --profile DIRECTORY         CPU profiles of the media node are written there
`

const SEGMENT_S = 4
/** Between the last publisher and the window: each stream has stored a segment or two. */
const SETTLE_S = 10
const POLL_MS = 1000

const RUNS = ['none', 'local', 's3', 'nginx', 'nginx-record'] as const
type Run = (typeof RUNS)[number]
const FORMATS: readonly RecordFormat[] = ['fmp4', 'ts', 'mp4', 'flv']

interface Options {
  readonly streams: number
  readonly seconds: number
  readonly format: RecordFormat
  readonly runs: readonly Run[]
  readonly profile: string | undefined
}

function readOptions(): Options {
  const { values } = parseOptions()
  const format = FORMATS.find((name) => name === values.format)
  const runs = values.runs.split(',').map((name) => RUNS.find((run) => run === name))
  const [streams, seconds] = [Number(values.streams), Number(values.seconds)]
  const known = runs.filter((run) => run !== undefined)
  if (format === undefined || known.length < runs.length || !(streams >= 1) || !(seconds >= 1))
    throw new SupportError('BENCH_USAGE', USAGE)
  return { streams: Math.floor(streams), seconds, format, runs: known, profile: values.profile }
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        streams: { type: 'string', default: '100' },
        seconds: { type: 'string', default: '60' },
        format: { type: 'string', default: 'fmp4' },
        runs: { type: 'string', default: RUNS.join(',') },
        profile: { type: 'string' },
      },
    })
  } catch (cause) {
    throw new SupportError('BENCH_USAGE', USAGE, { cause })
  }
}

/** Where the runs are made, with what they share made when one of them needs it. */
async function plan(scope: Scope, { runs, format, profile }: Options): Promise<RecorderKind[]> {
  const directory = path.join(await tempDir(scope), 'storage')
  await mkdir(directory)
  const needsCluster = runs.some((run) => !run.startsWith('nginx'))
  const env = { MILLRACE_STORAGE_DIRS: directory, MILLRACE_LOG_LEVEL: 'warn', MILLRACE_RATE_LIMIT: '0' }
  const cluster = needsCluster ? await Cluster.start(scope, { env }) : undefined
  const node = (name: string, record: Partial<RecordSettings> | undefined): RecorderKind[] => {
    const nodeArgs = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`]
    return cluster ? [millraceRecorder(cluster, { name, record, nodeArgs })] : []
  }
  const recorded = async (where: 'local' | 's3'): Promise<RecorderKind[]> => {
    if (!cluster) return []
    const api = cluster.api.bind(cluster)
    const location = { type: 'local', directory, prefix: '' }
    const storageId =
      where === 's3'
        ? await storageOf(api, await newBucket())
        : (await api<Storage>('storages', { name: 'bench', location })).id
    return node(`${format} to ${where === 's3' ? 'S3' : 'a directory'}`, {
      format,
      segment_s: SEGMENT_S,
      storage_id: storageId,
    })
  }
  const kinds: RecorderKind[] = []
  for (const run of runs) {
    if (run === 'none') kinds.push(...node('not recorded', undefined))
    else if (run === 'local' || run === 's3') kinds.push(...(await recorded(run)))
    else kinds.push(nginxRecorder(run === 'nginx-record'))
  }
  return kinds
}

async function measure(kind: RecorderKind, { streams, seconds }: Options): Promise<DvrMeasurement> {
  await using scope = new Scope()
  const server = await kind.start(scope, { streams })
  const idle = await sampleProcess(server.pid)
  const joinsPerSecond = Math.max(1, streams / SEGMENT_S)
  const publishers = await publishMany(scope, { url: server.publishUrl, streams, joinsPerSecond })
  await delay(SETTLE_S * 1000)
  const [from, recordedBefore] = [await sampleProcess(server.pid), await server.recorded()]
  let spoolBytes = 0
  let peakMb = 0
  for (const endMs = from.atMs + seconds * 1000; performance.now() < endMs;) {
    await delay(Math.min(POLL_MS, Math.max(0, endMs - performance.now())))
    spoolBytes = Math.max(spoolBytes, (await server.recorded()).spoolBytes)
    peakMb = Math.max(peakMb, (await sampleProcess(server.pid)).residentMb)
  }
  const [to, recorded] = [await sampleProcess(server.pid), await server.recorded()]
  if (!publishers.running) throw new SupportError('SUPPORT_PUBLISHERS', `they ended early: ${publishers.output}`)
  return {
    name: kind.name,
    streams,
    idle,
    from,
    to,
    peakMb,
    spoolBytes,
    recordedBefore,
    recorded,
    load: loadavg()[0] ?? 0,
  }
}

async function main(): Promise<void> {
  const options = readOptions()
  takeOthersCore()
  await buildGenerator()
  await benchClip()
  await using scope = new Scope()
  const measurements: DvrMeasurement[] = []
  for (const kind of await plan(scope, options)) {
    measurements.push(await measure(kind, options))
    console.log(`${dvrTable(measurements.slice(-1))}\n`)
  }
  console.log(`${options.streams} streams, ${options.seconds} s each\n\n${dvrTable(measurements)}`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CodedError ? error.message : error)
  process.exitCode = 1
}
