import { backoffMs, CodedError, errorMessage, type BackoffOptions, type Logger } from '@millrace/core'
import type { EndReason, Publication } from '@millrace/hub'

import { FlvIngest, type FlvMessage } from '../../ingest/flv-ingest.ts'
import { srsTraces } from '../../io/srs-traces.ts'
import { parseSourceUrl } from './source-url.ts'
import type { OpenSource, SourceConnection, SourceOptions } from './source.ts'

/** What a pull is doing. */
export type PullStatus =
  /** Connects, or waits for the first media. `attempt` is 0 at first and after each time there was media. */
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'live' }
  | { readonly state: 'retrying'; readonly error: CodedError; readonly delayMs: number }
  /** Final. `error` is why it gave up; null when it was closed or its publication was ended by others. */
  | { readonly state: 'stopped'; readonly reason: EndReason; readonly error: CodedError | null }

export interface PullOptions extends SourceOptions {
  /** `rtmp://` or `rtmps://host/app/stream`, or `http(s)://` of an FLV stream. */
  url: string
  /**
   * Makes the publication, at the first media of each connection: `(onEnd) => hub.open(key).publish(onEnd)`, or that of
   * `Broadcasts.begin`. When others end it, the pull stops. A CodedError thrown here fails the attempt.
   */
  publish: (onEnd: (reason: EndReason) => void) => Publication
  /** Told of each change. */
  onStatus?: (status: PullStatus) => void
  logger: Logger
  /** Longest time without media, from the start of an attempt on, default 10 s. */
  timeoutMs?: number
  /** Delays between attempts; by default 0.5 to 30 s, without end. `false`: one attempt only. */
  retry?: BackoffOptions | false
}

/** A pull that runs until it is closed, its publication is ended by others, or its only attempt is over. */
export interface Pull {
  readonly status: PullStatus
  /** Ends publication and connection. */
  close(reason: EndReason): void
}

/**
 * Plays a source and publishes what comes, again and again. Memory is bounded by one message of the source; a source that is
 * faster than real time is taken as it comes.
 *
 * @throws CodedError `PULL_URL_INVALID`. The statuses' errors are `PULL_UNREACHABLE`, `PULL_REFUSED`, `PULL_TIMEOUT`,
 *   `PULL_ENDED`, those of the protocol (`RTMP_…`, `FLV_…`), `INGEST_UNREADABLE`, and whatever `publish` throws
 */
export function startPull(options: PullOptions): Pull {
  return new PullLoop(options)
}

/** One attempt's connection and publication. */
interface Attempt {
  connection: SourceConnection | undefined
  publication: Publication | undefined
  ingest: FlvIngest | undefined
}

class PullLoop implements Pull {
  readonly #options: PullOptions
  readonly #url: URL
  readonly #open: OpenSource
  readonly #logger: Logger
  readonly #timeoutMs: number
  #status: PullStatus = { state: 'connecting', attempt: 0 }
  #failures = 0
  #attempt: Attempt | undefined
  /** The time without media while connected, the delay while not. */
  #timer: NodeJS.Timeout | undefined

  constructor(options: PullOptions) {
    this.#options = options
    const { url, open } = parseSourceUrl(options.url)
    this.#url = url
    this.#open = open
    this.#timeoutMs = options.timeoutMs ?? 10_000
    // path and query may hold keys
    this.#logger = options.logger.child({ source: `${url.protocol}//${url.host}` })
    this.#connect()
  }

  get status(): PullStatus {
    return this.#status
  }

  close(reason: EndReason): void {
    this.#stop(reason, null)
  }

  #connect(): void {
    const attempt: Attempt = { connection: undefined, publication: undefined, ingest: undefined }
    this.#attempt = attempt
    this.#timer = setTimeout(() => this.#failed(attempt, timeout(this.#timeoutMs)), this.#timeoutMs)
    attempt.connection = this.#open(
      this.#url,
      {
        connected: (told) => this.#logger.info(srsTraces(told), 'pull connected'),
        media: (message) => this.#media(attempt, message),
        ended: (error) => this.#failed(attempt, error),
      },
      this.#options,
    )
    this.#tell({ state: 'connecting', attempt: this.#failures })
  }

  #media(attempt: Attempt, message: FlvMessage): void {
    if (attempt !== this.#attempt) return
    this.#timer?.refresh()
    attempt.ingest ??= this.#begin(attempt)
    attempt.ingest.media(message)
  }

  #begin(attempt: Attempt): FlvIngest {
    attempt.publication = this.#options.publish((reason) => {
      if (attempt === this.#attempt) this.#stop(reason, null)
    })
    this.#failures = 0
    this.#logger.info({}, 'pull live')
    this.#tell({ state: 'live' })
    return new FlvIngest(attempt.publication, this.#logger)
  }

  #failed(attempt: Attempt, error: CodedError): void {
    if (attempt !== this.#attempt) return
    const { retry } = this.#options
    if (retry === false) return this.#stop(endReason(error), error)
    this.#release(endReason(error))
    const delayMs = backoffMs(this.#failures++, retry ?? {})
    this.#logger.warn({ code: error.code, error: errorMessage(error), delay_ms: delayMs }, 'pull failed, trying again')
    this.#timer = setTimeout(() => this.#connect(), delayMs)
    this.#tell({ state: 'retrying', error, delayMs })
  }

  #stop(reason: EndReason, error: CodedError | null): void {
    if (this.#status.state === 'stopped') return
    this.#release(reason)
    this.#logger.info({ reason, ...(error ? { code: error.code, error: errorMessage(error) } : {}) }, 'pull stopped')
    this.#tell({ state: 'stopped', reason, error })
  }

  #release(reason: EndReason): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    clearTimeout(this.#timer)
    attempt?.connection?.close()
    if (attempt?.ingest && attempt.ingest.dropped > 0)
      this.#logger.warn({ ...attempt.ingest.counters }, 'media messages were dropped')
    attempt?.publication?.end(reason)
  }

  #tell(status: PullStatus): void {
    this.#status = status
    this.#options.onStatus?.(status)
  }
}

function timeout(timeoutMs: number): CodedError {
  return new CodedError('PULL_TIMEOUT', `no media for ${timeoutMs} ms`, { details: { timeout_ms: timeoutMs } })
}

function endReason({ code }: CodedError): EndReason {
  if (code === 'PULL_TIMEOUT') return 'timeout'
  return code.startsWith('PULL_') ? 'publisher_closed' : 'rejected_media'
}
