/** HLS into files, as a vhost of an `srs.conf` has it. Folders are absolute. @see SRS 4 `full.conf`, "hls" */
export interface HlsFilesOptions {
  /** A segment ends at the first key frame at or after this. */
  readonly segmentMs: number
  /** Playlists list at least this much. */
  readonly windowMs: number
  /** Target durations are at least this many times `segmentMs`. */
  readonly targetRatio: number
  /** Sound alone is cut at this many times `segmentMs`, and pictures whose key frames do not come. */
  readonly overflowRatio: number
  readonly waitKeyFrame: boolean
  /** Whether times of sound are those that came; else they follow from the number of samples. */
  readonly directTimes: boolean
  /** What becomes of the publication when files cannot be written. */
  readonly onError: 'continue' | 'ignore' | 'disconnect'
  /** Below it are playlists and segments. */
  readonly folder: string
  /** Templates of file names below `folder`. */
  readonly playlistFile: string
  readonly segmentFile: string
  /** Whether `[timestamp]` counts segments from the time divided by `segmentMs`. */
  readonly floorTimestamp: boolean
  /** Put before the URIs of segments. */
  readonly entryPrefix: string
  /** Whether files of segments that are listed no more are removed. */
  readonly cleanup: boolean
  /** Whether all files of a stream are removed when nothing came for that long; 0 for never. */
  readonly disposeMs: number
  /** AES-128; undefined for none. */
  readonly keys: HlsKeyOptions | undefined
  /** Whether viewers are told apart by a context in the URL of the playlist, and in those of segments. */
  readonly context: boolean
  readonly segmentContext: boolean
  /** Whether names have the time in UTC. */
  readonly utc: boolean
}

export interface HlsKeyOptions {
  readonly segmentsPerKey: number
  readonly folder: string
  /** Template of the file name. */
  readonly file: string
  /** Put before the file name; empty for one relative to the playlist. */
  readonly url: string
}
