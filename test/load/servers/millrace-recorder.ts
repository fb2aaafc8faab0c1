import type { RecordSettings } from '@millrace/contracts'
import { connect } from '@millrace/db'

import { Cluster } from '../../support/cluster.ts'
import { recordedStream } from '../../support/recordings.ts'
import type { Recorded, RecorderKind } from './recorder.ts'
import { startPinned } from './server.ts'

/** How the streams of a node are recorded. */
export interface NodeRecording {
  /** Of the streams, and of the run in the table. */
  readonly name: string
  /** Undefined for not at all. */
  readonly record: Partial<RecordSettings> | undefined
  readonly nodeArgs?: readonly string[]
}

/** A media node of the cluster, alone on its core; it packages each stream as HLS too, as it does always. */
export function millraceRecorder(cluster: Cluster, { name, record, nodeArgs = [] }: NodeRecording): RecorderKind {
  const prefix = name.replaceAll(/[^a-z0-9]+/g, '-')
  return {
    name: `millrace, ${name}`,
    async start(scope, { streams }) {
      const api = cluster.api.bind(cluster)
      for (let i = 0; i < streams; i++) await recordedStream(api, `${prefix}-${i}`, record ?? { mode: 'off' })
      const node = await cluster.startNode(`bench-${prefix}`, {}, { scope, start: startPinned, nodeArgs })
      const sql = connect(cluster.databaseUrl, { maxConnections: 1 })
      scope.defer(() => sql.end({ timeout: 5 }))
      return {
        pid: node.program.pid,
        publishUrl: node.rtmpUrl(`live/${prefix}-`),
        async recorded(): Promise<Recorded> {
          const [metrics, [mean]] = await Promise.all([
            fetch(node.apiUrl('metrics')).then((response) => response.text()),
            sql<{ bytes: string }[]>`select coalesce(avg(bytes), 0) as bytes from media_segments`,
          ])
          const { storedSegments, ...measured } = readMetrics(metrics)
          // counted at the node: the index may be behind
          return { ...measured, bytes: storedSegments * Number(mean?.bytes) }
        },
      }
    },
  }
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function readMetrics(text: string): Omit<Recorded, 'bytes'> & { storedSegments: number } {
  const value = (row: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${row} `))
        ?.slice(row.length),
    )
  const buckets = text.matchAll(/^millrace_node_upload_latency_seconds_bucket\{le="([^"]+)"[^}]*\} (\d+)/gm)
  return {
    storedSegments: value('millrace_node_segments_total{result="stored"}') || 0,
    lostSegments: value('millrace_node_segments_total{result="lost"}') || 0,
    spoolBytes: value('millrace_node_spool_bytes') || 0,
    latency: [...buckets].map(([, bound, count]) => ({
      seconds: bound === '+Inf' ? Infinity : Number(bound),
      count: Number(count),
    })),
  }
}
