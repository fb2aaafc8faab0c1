import type { StreamFormat } from './messages.ts'

/** What one stream's codecs say. */
export interface EngineListener {
  /** `pts` in 1/48,000 s. */
  frame(payload: Uint8Array, pts: number): void
  /** So many more of what was pushed are done with. */
  done(frames: number): void
  /** Nothing else follows. */
  failed(error: Error): void
}

/** One stream's codecs. */
export interface EngineStream {
  /** `pts` in 1/48,000 s. The payload is not changed. */
  push(payload: Uint8Array, pts: number): void
  /** Nothing is said afterwards. */
  close(): void
}

/** Where codecs run. */
export interface Engine {
  /** Rejects with a CodedError where there are no codecs. */
  start(): Promise<void>
  /** @throws CodedError where there is no place for such a stream */
  open(format: StreamFormat, listener: EngineListener): EngineStream
  close(): Promise<void>
}
