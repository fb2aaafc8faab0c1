import type { Frame } from './frame.ts'

/** What turns a file that has grown so far into a complete one. */
export interface FileEnd {
  /** To be appended first. */
  readonly tail: Uint8Array
  /** To be written over what is at `offset`, then. */
  readonly patch: { readonly offset: number; readonly bytes: Uint8Array }
}

/** Makes a file that only grows until its end, and can be played whenever that stops. All bytes are the caller's own. */
export interface AppendMuxer {
  /** What the file begins with; to be called once, first. */
  head(): Uint8Array
  /** Takes the next frame, in decoding order; answers what is to be appended, which may be nothing. */
  encode(frame: Frame): Uint8Array
  /** Ends the file; to be called once, last. */
  end(): FileEnd
  /** How much media there is so far, in milliseconds. */
  readonly durationMs: number
}
