/** Where a reader's bytes go: a socket or an HTTP response, as the hub sees it. */
export interface Sink {
  /** Takes shared bytes, which must not be changed; never throws. */
  write(bytes: Uint8Array): void
  /** Bytes taken but not yet handed to the operating system. The hub sends no more while there are any. */
  readonly pendingBytes: number
  /** Runs `task` when all bytes taken so far are with the operating system; never, if that fails. */
  whenTaken(task: () => void): void
  /** Whether the peer stays when the publisher has left for longer than the reconnect window. */
  readonly waits: boolean
  /** The hub is done with this reader: last call. */
  end(reason: string): void
}

/** What a reader asks of its view. */
export interface ReaderOwner {
  detach(reader: Reader): void
  serve(reader: Reader): void
}

/** One player: a cursor into a View. The view reads and moves the cursor; the gateway pauses, resumes and closes. */
export class Reader {
  readonly sink: Sink
  /** Index of the batch that is due next; undefined while it waits for a join point. */
  cursor: number | undefined
  /** A join point before this batch is of no use: the reader has been there, or wants no cached frames. */
  notBefore: number
  /** Whether it has had its first bytes, with whatever header opens the packaging. */
  started = false
  /** When it last took bytes, monotonic. */
  sentAtMs: number
  /** Bytes sent so far. */
  bytes = 0
  /** Whether it waits until its sink has sent what it was given. */
  parked = false
  /** Whether it waits for its turn: the time between two writes has not passed. */
  held = false
  /** How often it fell too far behind and lost frames. */
  jumps = 0
  readonly #owner: ReaderOwner
  #paused = false
  #closed = false

  constructor(owner: ReaderOwner, sink: Sink, notBefore: number, nowMs: number) {
    this.#owner = owner
    this.sink = sink
    this.notBefore = notBefore
    this.sentAtMs = nowMs
  }

  get paused(): boolean {
    return this.#paused
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Stops delivery; the stream goes on without it. */
  pause(): void {
    this.#paused = true
  }

  /** Goes on after `pause`: where it was, or at a join point that has come since. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#owner.serve(this)
  }

  close(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#owner.detach(this)
    this.sink.end(reason)
  }
}
