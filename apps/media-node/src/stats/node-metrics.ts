import { errorCode } from '@millrace/core'
import type { Hub, LiveStream } from '@millrace/hub'
import { createMetrics, NODE_METRICS } from '@millrace/telemetry'

import type { Admission } from '../admission/admission.ts'
import { send, text, type HttpHandler } from '../io/http.ts'
import type { Archive, ArchiveMeasures } from '../outputs/archive/archive.ts'
import type { Players } from '../players/players.ts'
import { RtcMetrics } from './rtc-metrics.ts'

/** What is read at each scrape. */
export interface NodeMetricsDeps {
  hub: Hub
  players: Players
  hls: readonly { readonly sentBytes: number }[]
  /** Where broadcasts are recorded. */
  archive?: Pick<Archive, 'measures'> | undefined
  /** Reports that wait. */
  backlog: () => number
}

const NOTHING_ARCHIVED: ArchiveMeasures = { spoolBytes: 0, storedSegments: 0, lostSegments: 0, lagMs: 0 }

/** Sums over streams. */
interface Totals {
  receivedBytes: number
  sentBytes: number
  frames: number
  readerJumps: number
  jump: number
  non_monotonic: number
  pts_before_dts: number
}

/** The node's `/metrics`. Media is counted where it passes, and looked at here only when somebody asks. */
export class NodeMetrics {
  readonly #hub: Hub
  readonly #metrics = createMetrics()
  readonly #admissions = this.#metrics.counter(NODE_METRICS.admissions)
  readonly #admissionSeconds = this.#metrics.histogram(NODE_METRICS.admissionSeconds)
  readonly #uploadSeconds = this.#metrics.histogram(NODE_METRICS.uploadSeconds)
  /** Of WebRTC. */
  readonly rtc = new RtcMetrics(this.#metrics)
  /** Of streams that the hub has freed. */
  readonly #departed: Totals = {
    receivedBytes: 0,
    sentBytes: 0,
    frames: 0,
    readerJumps: 0,
    jump: 0,
    non_monotonic: 0,
    pts_before_dts: 0,
  }

  constructor({ hub, players, hls, archive, backlog }: NodeMetricsDeps) {
    this.#hub = hub
    const metrics = this.#metrics
    metrics.gauge({ ...NODE_METRICS.streams, collect: (g) => g.set(hub.streams.filter(({ live }) => live).length) })
    metrics.gauge({
      ...NODE_METRICS.publishers,
      collect: (g) => g.set(hub.streams.filter((s) => s.publication).length),
    })
    metrics.gauge({
      ...NODE_METRICS.players,
      collect(g) {
        g.reset()
        for (const { protocol } of players.list()) g.inc({ protocol })
      },
    })
    metrics.gauge({ ...NODE_METRICS.reportsBacklog, collect: (g) => g.set(backlog()) })
    this.#archived(() => archive?.measures() ?? NOTHING_ARCHIVED)
    metrics.total(NODE_METRICS.receivedBytes, () => [[{}, this.#sum('receivedBytes')]])
    const hlsBytes = (): number => hls.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
    metrics.total(NODE_METRICS.sentBytes, () => [[{}, this.#sum('sentBytes') + hlsBytes()]])
    metrics.total(NODE_METRICS.hlsBytes, () => [[{}, hlsBytes()]])
    metrics.total(NODE_METRICS.frames, () => [[{}, this.#sum('frames')]])
    metrics.total(NODE_METRICS.readerJumps, () => [[{}, this.#sum('readerJumps')]])
    metrics.total(NODE_METRICS.timelineRepairs, () =>
      (['jump', 'non_monotonic', 'pts_before_dts'] as const).map((kind) => [{ kind }, this.#sum(kind)]),
    )
  }

  #archived(measures: () => ArchiveMeasures): void {
    const metrics = this.#metrics
    metrics.gauge({ ...NODE_METRICS.spoolBytes, collect: (g) => g.set(measures().spoolBytes) })
    metrics.gauge({ ...NODE_METRICS.uploadLagSeconds, collect: (g) => g.set(measures().lagMs / 1000) })
    metrics.total(NODE_METRICS.segments, () => {
      const { storedSegments, lostSegments } = measures()
      return [
        [{ result: 'stored' }, storedSegments],
        [{ result: 'lost' }, lostSegments],
      ]
    })
  }

  /** Keeps what a stream has counted; to be called when the hub frees it. */
  streamClosed(stream: LiveStream): void {
    const totals = totalsOf(stream)
    for (const name of Object.keys(totals) as (keyof Totals)[]) this.#departed[name] += totals[name]
  }

  /** A recorded segment was stored so long after its end. */
  uploaded(lagMs: number): void {
    this.#uploadSeconds.observe({}, lagMs / 1000)
  }

  /** The same admission, with its decisions counted and timed. */
  measured(admission: Admission): Admission {
    return {
      admit: async (request) => {
        const { action, protocol } = request
        const startedMs = performance.now()
        let result = 'allowed'
        try {
          return await admission.admit(request)
        } catch (error) {
          result = errorCode(error)
          throw error
        } finally {
          this.#admissions.inc({ action, protocol, result })
          this.#admissionSeconds.observe({ action }, (performance.now() - startedMs) / 1000)
        }
      },
    }
  }

  /** Serves `GET /metrics`. */
  readonly handler: HttpHandler = async ({ path, method }, response) => {
    if (path !== '/metrics') return false
    if (method !== 'GET' && method !== 'HEAD') send(response, text(405, 'GET only'))
    else {
      const headers = { 'content-type': this.#metrics.contentType, 'cache-control': 'no-store' }
      send(response, { status: 200, headers, body: await this.#metrics.render() })
    }
    return true
  }

  #sum(name: keyof Totals): number {
    return this.#hub.streams.reduce((sum, stream) => sum + totalsOf(stream)[name], this.#departed[name])
  }
}

function totalsOf(stream: LiveStream): Totals {
  const { jumps, nonMonotonic, ptsBeforeDts } = stream.timelineRepairs
  return {
    receivedBytes: stream.bytesIn,
    sentBytes: stream.bytesOut,
    frames: stream.framesIn,
    readerJumps: stream.readerJumps,
    jump: jumps,
    non_monotonic: nonMonotonic,
    pts_before_dts: ptsBeforeDts,
  }
}
