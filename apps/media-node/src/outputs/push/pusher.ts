import { backoffMs, errorMessage, type BackoffOptions, type CodedError, type Logger } from '@millrace/core'

import type { AttemptHandlers, AttemptOptions, PushAttempt } from './attempt.ts'
import { RtmpAttempt } from './rtmp-attempt.ts'
import { WhipAttempt } from './whip-attempt.ts'

/** How a push goes. */
export type PusherStatus =
  | { readonly state: 'starting' }
  /** The receiver takes media. */
  | { readonly state: 'live' }
  | { readonly state: 'retrying'; readonly error: CodedError; readonly delayMs: number }
  /** Final, of one that tries once. */
  | { readonly state: 'failed'; readonly error: CodedError }

export interface PusherOptions extends Omit<AttemptOptions, 'startTimeoutMs'> {
  /** Told of each change. */
  onStatus: (status: PusherStatus) => void
  logger: Logger
  /** From dialling to the receiver's consent, default 10 s. */
  startTimeoutMs?: number
  /** Delays between attempts, default 0.5 to 30 s; they begin again after 10 s on air. `false`: one attempt only. */
  retry?: BackoffOptions | false
}

const START_TIMEOUT_MS = 10_000
/** On air for this long, a failure counts as the first again. */
const STEADY_MS = 10_000

/**
 * Publishes a stream of the hub to another server, by default again and again until it is closed: its frames by RTMP, its packets
 * by WHIP. By RTMP it is a reader of the hub like any player: one that is behind jumps to the newest key frame, one that takes
 * nothing is cut off and dialled again, so that memory is bounded. Errors: `PUSH_UNREACHABLE`, `PUSH_REFUSED`, `PUSH_TIMEOUT`,
 * `PUSH_ENDED`, `PUSH_STALLED`, `RTMP_…`.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #logger: Logger
  #attempt: PushAttempt | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #liveAtMs: number | undefined
  #closed = false

  constructor(options: PusherOptions) {
    this.#options = options
    // path and query hold keys
    this.#logger = options.logger.child({ receiver: `${options.url.protocol}//${options.url.host}` })
    this.#dial()
  }

  /** Unpublishes and ends the connection. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#attempt?.close()
  }

  #dial(): void {
    this.#liveAtMs = undefined
    this.#options.onStatus({ state: 'starting' })
    if (this.#closed) return
    this.#attempt = attemptAt(this.#options, {
      live: () => {
        this.#liveAtMs = performance.now()
        this.#logger.info({}, 'push live')
        this.#options.onStatus({ state: 'live' })
      },
      ended: (error) => this.#failed(error),
    })
  }

  #failed(error: CodedError): void {
    if (this.#closed) return
    const { retry } = this.#options
    if (retry === false) return this.#options.onStatus({ state: 'failed', error })
    if (this.#liveAtMs !== undefined && performance.now() - this.#liveAtMs > STEADY_MS) this.#failures = 0
    const delayMs = backoffMs(this.#failures++, retry)
    this.#logger.warn({ code: error.code, error: errorMessage(error), delay_ms: delayMs }, 'push failed, trying again')
    this.#timer = setTimeout(() => this.#dial(), delayMs)
    this.#options.onStatus({ state: 'retrying', error, delayMs })
  }
}

function attemptAt(
  { startTimeoutMs = START_TIMEOUT_MS, ...options }: PusherOptions,
  handlers: AttemptHandlers,
): PushAttempt {
  const Attempt = isWhip(options.url) ? WhipAttempt : RtmpAttempt
  return new Attempt({ ...options, startTimeoutMs }, handlers)
}

/** Of the servers that are pushed to, those of WHIP have web addresses. */
const isWhip = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'
