import type { RtmpNames } from '../io/rtmp-names.ts'

/** A server that a stream is passed on to. */
export interface PushTarget {
  /** Where to connect: `rtmp(s)://host[:port]/app/stream`. May hold a secret. */
  readonly url: URL
  /** What it is told, default what the URL says. */
  readonly names?: RtmpNames | undefined
}

/** Where a publisher's stream goes on to. */
export interface Onward {
  readonly targets: readonly PushTarget[]
  /**
   * - each: all of them, tried again and again while it is published
   * - one: the first that takes it, in order; the publisher ends with that push, or when none does
   */
  readonly to: 'each' | 'one'
  /**
   * After a reload, of a stream that goes to each: where it goes now; undefined where nothing has changed. It rejects when nobody can tell.
   */
  readonly changed?: (() => Promise<readonly PushTarget[] | undefined>) | undefined
}
