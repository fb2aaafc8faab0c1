/** HDS into files, as a vhost of an `srs.conf` has it. @see SRS 4 `full.conf`, "hds" */
export interface HdsFilesOptions {
  /** A fragment ends at the first key frame at or after this. */
  readonly fragmentMs: number
  /** Bootstrap information lists at least this much. */
  readonly windowMs: number
  /** Absolute; below it are manifests, bootstrap information and fragments, by app. */
  readonly folder: string
}
