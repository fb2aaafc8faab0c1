import type { MetricOptions } from './metrics.ts'

/** One row of the table of metrics. */
export interface MetricRow<L extends string = string> extends MetricOptions<L> {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets: readonly number[]
}

const counter = <L extends string = never>(name: string, help: string, ...labels: L[]): MetricRow<L> => ({
  type: 'counter',
  name,
  help,
  labels,
  buckets: [],
})
const gauge = <L extends string = never>(name: string, help: string, ...labels: L[]): MetricRow<L> => ({
  ...counter(name, help, ...labels),
  type: 'gauge',
})
const seconds = <L extends string = never>(name: string, help: string, ...labels: L[]): MetricRow<L> => ({
  ...counter(name, help, ...labels),
  type: 'histogram',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
})
/** For what may wait in a queue. */
const waitSeconds = (name: string, help: string): MetricRow<never> => ({
  ...seconds(name, help),
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600, 3600, 86_400],
})

/** Every metric of the media node. */
export const NODE_METRICS = {
  streams: gauge('millrace_node_streams', 'Streams that are being delivered'),
  publishers: gauge('millrace_node_publishers', 'Publishers that are connected'),
  players: gauge('millrace_node_players', 'Players', 'protocol'),
  receivedBytes: counter('millrace_node_received_bytes_total', 'Payload bytes from publishers'),
  sentBytes: counter('millrace_node_sent_bytes_total', 'Bytes to players of all protocols'),
  hlsBytes: counter('millrace_node_hls_sent_bytes_total', 'Bytes to players of HLS, part of the bytes to all players'),
  frames: counter('millrace_node_frames_total', 'Frames from publishers'),
  readerJumps: counter('millrace_node_reader_jumps_total', 'Times that a player was too far behind and lost frames'),
  timelineRepairs: counter('millrace_node_timeline_repairs_total', 'Timestamps put right at ingest', 'kind'),
  admissions: counter(
    'millrace_node_admissions_total',
    'Decisions on publishers and players; result is allowed or the code of the refusal',
    'action',
    'protocol',
    'result',
  ),
  admissionSeconds: seconds('millrace_node_admission_duration_seconds', 'Time to a decision', 'action'),
  reportsBacklog: gauge('millrace_node_reports_backlog', 'Reports that the control plane has not confirmed'),
  spoolBytes: gauge('millrace_node_spool_bytes', 'Bytes of recorded segments on the disk of the node'),
  uploadLagSeconds: gauge('millrace_node_upload_lag_seconds', 'Age of the oldest recorded segment that is not stored'),
  segments: counter('millrace_node_segments_total', 'Recorded segments; result is stored or lost', 'result'),
  uploadSeconds: waitSeconds(
    'millrace_node_upload_latency_seconds',
    'From the end of a recorded segment to its storage',
  ),
  rtcSessions: gauge('millrace_node_rtc_sessions', 'Sessions of WebRTC; action is publish or play', 'action'),
  rtcSessionsEnded: counter(
    'millrace_node_rtc_sessions_ended_total',
    'Sessions of WebRTC that are over; reason is closed, timeout, not_connected or dtls_failed',
    'action',
    'reason',
  ),
  rtcConnectSeconds: seconds(
    'millrace_node_rtc_connect_duration_seconds',
    'From the answer to a session of WebRTC until its media may flow',
    'action',
  ),
  rtcPackets: counter('millrace_node_rtc_packets_total', 'RTP packets; direction is in or out', 'direction'),
  rtcRetransmissions: counter(
    'millrace_node_rtc_retransmissions_total',
    'RTP packets that came or went again because they were lost',
    'direction',
  ),
  rtcNacks: counter('millrace_node_rtc_nacks_total', 'RTP packets asked for again', 'direction'),
  rtcKeyFrameRequests: counter('millrace_node_rtc_plis_total', 'Key frames asked for by PLI or FIR', 'direction'),
  rtcRefused: counter(
    'millrace_node_rtc_refused_total',
    'Datagrams of sessions that were not taken; reason is unknown, early, replayed, forged, bad_rtcp or bad_stun',
    'reason',
  ),
  rtcUnsent: counter('millrace_node_rtc_unsent_total', 'Datagrams that the operating system has not taken'),
} as const

/** Every metric of the control plane. */
export const CONTROL_METRICS = {
  requests: counter(
    'millrace_control_requests_total',
    'Requests; route is the path with its parameters as names',
    'method',
    'route',
    'status',
  ),
  requestSeconds: seconds('millrace_control_request_duration_seconds', 'Time to an answer', 'method', 'route'),
  admissions: counter(
    'millrace_control_admissions_total',
    'Decisions for nodes; result is allowed or the code of the refusal',
    'action',
    'result',
  ),
} as const

/** Every metric of the worker. */
export const WORKER_METRICS = {
  outboxRows: gauge('millrace_worker_outbox_rows', 'Outbox rows that wait'),
  outboxLagSeconds: gauge('millrace_worker_outbox_lag_seconds', 'Age of the oldest outbox row'),
  deliveriesDue: gauge('millrace_worker_deliveries_due', 'Deliveries whose time has come and that no worker has taken'),
  attempts: counter(
    'millrace_worker_delivery_attempts_total',
    'Attempts to deliver; result is succeeded, retried or failed',
    'result',
  ),
  attemptSeconds: seconds('millrace_worker_delivery_attempt_duration_seconds', 'Time that a receiver took'),
  deliverySeconds: waitSeconds('millrace_worker_delivery_latency_seconds', 'From an event to its accepted delivery'),
  jobsUnfinished: gauge('millrace_worker_jobs_unfinished', 'Jobs that wait or run, of all workers'),
  jobAttempts: counter(
    'millrace_worker_job_attempts_total',
    'Attempts at jobs; outcome is succeeded, failed, retried, or lost to another worker',
    'type',
    'outcome',
  ),
  jobSeconds: {
    ...seconds('millrace_worker_job_duration_seconds', 'Time of an attempt at a job', 'type'),
    buckets: [0.05, 0.25, 1, 5, 15, 60, 300, 1800, 7200],
  },
} as const
