import type { RecordSettings } from '@millrace/contracts'

import { Cluster } from '../../support/cluster.ts'
import { recordedStream } from '../../support/recordings.ts'
import { CLIP_MEGABITS_PER_SECOND } from '../publisher.ts'
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
      return {
        pid: node.program.pid,
        publishUrl: node.rtmpUrl(`live/${prefix}-`),
        async recorded(): Promise<Recorded> {
          const metrics = await fetch(node.apiUrl('metrics')).then((response) => response.text())
          return readMetrics(metrics, record?.segment_s ?? 0)
        },
      }
    },
  }
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function readMetrics(text: string, segmentSeconds: number): Recorded {
  const value = (row: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${row} `))
        ?.slice(row.length),
    )
  const buckets = text.matchAll(/^millrace_node_upload_latency_seconds_bucket\{le="([^"]+)"[^}]*\} (\d+)/gm)
  const storedSegments = value('millrace_node_segments_total{result="stored"}') || 0
  return {
    // the clip's rate is constant, and its groups of pictures fit
    bytes: storedSegments * segmentSeconds * (CLIP_MEGABITS_PER_SECOND / 8) * 1e6,
    lostSegments: value('millrace_node_segments_total{result="lost"}') || 0,
    spoolBytes: value('millrace_node_spool_bytes') || 0,
    latency: [...buckets].map(([, bound, count]) => ({
      seconds: bound === '+Inf' ? Infinity : Number(bound),
      count: Number(count),
    })),
  }
}
