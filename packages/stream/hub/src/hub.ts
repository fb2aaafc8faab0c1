import { GopBudget } from './gop-budget.ts'
import { LiveStream, type LiveStreamDeps, type LiveStreamEvents, type StreamKey } from './live-stream.ts'
import { DEFAULT_HUB_OPTIONS, type HubOptions, type Scheduler } from './options.ts'
import type { Publication } from './publication.ts'

/** What the hub tells its owner. */
export interface HubEvents {
  /** A stream was made. */
  opened?(stream: LiveStream): void
  /** The first playable frame of a publication. */
  live?(stream: LiveStream, publication: Publication): void
  /** A stream was freed. */
  closed?(stream: LiveStream): void
  /** The packets of a stream have another source, or others want them. */
  packetsChanged?(stream: LiveStream): void
}

/** All streams of one media node. A stream is made by its first publisher or reader and freed when idle. */
export class Hub implements LiveStreamEvents {
  readonly options: HubOptions
  readonly #events: HubEvents
  readonly #shared: Omit<LiveStreamDeps, 'options'>
  readonly #optionsOf: (key: StreamKey) => Partial<HubOptions>
  readonly #streams = new Map<string, LiveStream>()

  /** @param optionsOf what is different for one stream, asked when it is made and by `refresh`; `maxTotalGopBytes` is of all */
  constructor(
    scheduler: Scheduler,
    options: Partial<HubOptions> = {},
    events: HubEvents = {},
    optionsOf: (key: StreamKey) => Partial<HubOptions> = () => ({}),
  ) {
    this.options = { ...DEFAULT_HUB_OPTIONS, ...options }
    this.#shared = { scheduler, gopBudget: new GopBudget(this.options.maxTotalGopBytes) }
    this.#events = events
    this.#optionsOf = optionsOf
  }

  get streams(): readonly LiveStream[] {
    return [...this.#streams.values()]
  }

  find(key: StreamKey): LiveStream | undefined {
    return this.#streams.get(streamId(key))
  }

  /** The stream of that name, made if it isn't there. */
  open(key: StreamKey): LiveStream {
    const id = streamId(key)
    let stream = this.#streams.get(id)
    if (!stream) {
      stream = new LiveStream(key, { ...this.#shared, options: this.#optionsFor(key) }, this)
      this.#streams.set(id, stream)
      this.#events.opened?.(stream)
    }
    return stream
  }

  /** The options of streams have changed: those that there are follow. */
  refresh(): void {
    for (const stream of this.#streams.values()) stream.configure(this.#optionsFor(stream.key))
  }

  close(): void {
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) {
      stream.close()
      this.#events.closed?.(stream)
    }
  }

  #optionsFor(key: StreamKey): HubOptions {
    return { ...this.options, ...this.#optionsOf(key) }
  }

  live(stream: LiveStream, publication: Publication): void {
    this.#events.live?.(stream, publication)
  }

  packetsChanged(stream: LiveStream): void {
    this.#events.packetsChanged?.(stream)
  }

  idle(stream: LiveStream): void {
    // a stream can become idle again after it was freed, when another may have its name
    if (this.#streams.get(stream.id) !== stream) return
    this.#streams.delete(stream.id)
    this.#events.closed?.(stream)
  }
}

const streamId = ({ vhost, app, name }: StreamKey): string => `${vhost}/${app}/${name}`
