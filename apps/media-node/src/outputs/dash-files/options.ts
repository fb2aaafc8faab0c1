/** DASH into files, as a vhost of an `srs.conf` has it. @see SRS 4 `full.conf`, "dash" */
export interface DashFilesOptions {
  /** A segment ends at the first key frame at or after this. */
  readonly segmentMs: number
  /** Players ask for the manifest again after this at the earliest. */
  readonly updateMs: number
  /** Manifests list at least this much. */
  readonly windowMs: number
  /** Absolute; below it are manifests and segments. */
  readonly folder: string
  /** Template of the manifest's name below `folder`. */
  readonly manifestFile: string
  /** Whether all files of a stream are removed when nothing came for that long; 0 for never. */
  readonly disposeMs: number
  /** Whether files of segments that nobody may ask for any more are removed. */
  readonly cleanup: boolean
}
