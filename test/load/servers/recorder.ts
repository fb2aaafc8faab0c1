import type { Scope } from '@millrace/core'

/** How much a server has recorded. */
export interface Recorded {
  readonly bytes: number
  readonly lostSegments: number
  /** Waits on the disk of the node; 0 for a server that records in place. */
  readonly spoolBytes: number
  /** Segments stored so far by how many seconds after their end at most, the last for all; empty for a server without segments. */
  readonly latency: readonly { readonly seconds: number; readonly count: number }[]
}

/** A server under test that is up; it ends with the scope it was started in. */
export interface Recorder {
  readonly pid: number
  /** `rtmp://` URL of the streams, without their numbers. */
  readonly publishUrl: string
  recorded(): Promise<Recorded>
}

/** A way to record, or one not to. */
export interface RecorderKind {
  readonly name: string
  start(scope: Scope, options: { readonly streams: number }): Promise<Recorder>
}
