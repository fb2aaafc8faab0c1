import { errorCode, errorMessage, type Logger } from '@millrace/core'
import { writeMediaPlaylist, writeMultivariantPlaylist } from '@millrace/hls'
import type { LiveStream, Scheduler, StreamKey } from '@millrace/hub'

import { parseByteRange } from '../../io/byte-range.ts'
import { CORS_HEADERS, text, type HttpAnswer } from '../../io/http.ts'

import { HlsOutput, type HlsOptions, type HlsState } from './hls-output.ts'
import { parseHlsPath, playlistQuery, type HlsResource, type HlsTarget } from './hls-target.ts'

export interface HlsOutputsDeps {
  /** Of a stream that is made; undefined for one without HLS. */
  readonly settingsOf: (key: StreamKey) => HlsOptions | undefined
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
}

/** A viewer's request, once admitted. */
export interface HlsRequest {
  readonly method: string
  /** Query string as it came, with its `?`, or empty: it is repeated in all URIs, so that tokens reach the segments. */
  readonly search: string
  /** Range header. */
  readonly range?: string | undefined
}

interface Entry {
  readonly output: HlsOutput
  readonly windowMs: number
  bytesOut: number
  /** Leaves the stream it listens to. */
  leave: (() => void) | undefined
  cancelTimer: (() => void) | undefined
}

/** Longest query string that is repeated in playlists. */
const MAX_QUERY_LENGTH = 2048

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'

/**
 * HLS of all streams of a node. A stream's playlist is served while it is live and for the reconnect window after; then it
 * ends with EXT-X-ENDLIST, and after its window has passed once more it is forgotten.
 */
export class HlsOutputs {
  readonly #deps: HlsOutputsDeps
  readonly #entries = new Map<string, Entry>()
  #sentBytes = 0

  constructor(deps: HlsOutputsDeps) {
    this.#deps = deps
  }

  /** Takes a URL path apart; undefined when it is none of HLS. */
  parse(path: string): HlsTarget | undefined {
    return parseHlsPath(path)
  }

  /** A stream was made: requests for it are held until it is live. */
  attach(stream: LiveStream): void {
    this.#entryOf(stream)
  }

  /** A stream has become live. */
  live(stream: LiveStream): void {
    const entry = this.#entryOf(stream)
    if (!entry) return
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    if (entry.leave) return
    const leave = stream.listen({
      info: (info) => this.#guard(stream.id, entry, () => entry.output.info(info)),
      frame: (frame) => this.#guard(stream.id, entry, () => entry.output.frame(frame)),
      interrupted: () => this.#guard(stream.id, entry, () => this.#interrupted(stream, entry)),
      closed: () => this.#forget(stream.id, entry),
    })
    if (this.#entries.get(stream.id) === entry) entry.leave = leave
    else leave()
  }

  /** The hub has freed a stream: what it had stays for its time. */
  detach(stream: LiveStream): void {
    const entry = this.#entries.get(stream.id)
    if (entry && !entry.cancelTimer) this.#forget(stream.id, entry)
  }

  /** Bytes sent to viewers of a stream since it was made. */
  bytesOut({ id }: LiveStream): number {
    return this.#entries.get(id)?.bytesOut ?? 0
  }

  /** Bytes sent to all viewers so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Answers an admitted request; holds it for a bounded time while the stream has no segment yet. */
  async serve(key: StreamKey, resource: HlsResource, request: HlsRequest): Promise<HttpAnswer> {
    const entry = this.#entries.get(`${key.vhost}/${key.app}/${key.name}`)
    if (!entry) return text(404, 'no such stream')
    if (request.search.length > MAX_QUERY_LENGTH) return text(414, 'the query is too long')
    const answer = await answerOf(entry.output, resource, request)
    const sentBytes = request.method === 'HEAD' ? 0 : (answer.body?.length ?? 0)
    entry.bytesOut += sentBytes
    this.#sentBytes += sentBytes
    return answer
  }

  close(): void {
    for (const [id, entry] of this.#entries) this.#forget(id, entry)
  }

  #entryOf({ id, key }: LiveStream): Entry | undefined {
    let entry = this.#entries.get(id)
    if (!entry) {
      const { settingsOf, scheduler, wallNowMs = Date.now } = this.#deps
      const options = settingsOf(key)
      if (!options) return undefined
      const logger = this.#deps.logger.child({ stream: id })
      const output = new HlsOutput({ name: key.name, options, scheduler, wallNowMs, logger })
      entry = { output, windowMs: options.windowMs, bytesOut: 0, leave: undefined, cancelTimer: undefined }
      this.#entries.set(id, entry)
    }
    return entry
  }

  /** A fault of ours costs this stream its HLS, never the publish. */
  #guard(id: string, entry: Entry, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#deps.logger.error({ stream: id, code: errorCode(error), error: errorMessage(error) }, 'HLS stopped')
      this.#forget(id, entry)
    }
  }

  #interrupted({ id, reconnectWindowMs }: LiveStream, entry: Entry): void {
    entry.output.interrupted()
    entry.cancelTimer?.()
    entry.cancelTimer = this.#deps.scheduler.after(reconnectWindowMs, () => {
      entry.output.end()
      entry.cancelTimer = this.#deps.scheduler.after(entry.windowMs, () => this.#forget(id, entry))
      entry.leave?.()
      entry.leave = undefined
    })
  }

  #forget(id: string, entry: Entry): void {
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    entry.leave?.()
    entry.leave = undefined
    entry.output.closed()
    if (this.#entries.get(id) === entry) this.#entries.delete(id)
  }
}

async function answerOf(output: HlsOutput, resource: HlsResource, request: HlsRequest): Promise<HttpAnswer> {
  if (resource.type === 'segment') return segmentAnswer(output.segment(resource.sequence), request.range)
  const state = await output.ready()
  const query = playlistQuery(request.search)
  if (resource.type === 'media') {
    const playlist = output.mediaPlaylist(query)
    return playlist ? playlistAnswer(writeMediaPlaylist(playlist), output) : refusal(state)
  }
  const playlist = output.multivariantPlaylist(query)
  return playlist ? playlistAnswer(writeMultivariantPlaylist(playlist), output) : refusal(state)
}

function refusal(state: HlsState): HttpAnswer {
  if (state === 'unsupported') {
    return text(404, 'none of the codecs of this stream goes into TS segments; H.264, HEVC, AAC and MP3 do')
  }
  if (state !== 'starting') return text(404, 'no such stream')
  // hls.js takes a 404 for final, but tries again after a 503
  const { headers, ...answer } = text(503, 'the first segment is not complete yet')
  return { ...answer, headers: { ...headers, 'retry-after': '1' } }
}

/** Shared caches may keep a playlist for half a target duration; players always ask. */
function playlistAnswer(playlist: string, output: HlsOutput): HttpAnswer {
  const sharedS = Math.max(1, Math.floor(output.targetDurationS / 2))
  const caching = `public, max-age=0, s-maxage=${sharedS}`
  return {
    status: 200,
    headers: { ...CORS_HEADERS, 'content-type': PLAYLIST_TYPE, 'cache-control': caching },
    body: playlist,
  }
}

function segmentAnswer(segment: Uint8Array | undefined, rangeHeader: string | undefined): HttpAnswer {
  if (!segment) return text(404, 'no such segment, or no more')
  const range = parseByteRange(rangeHeader, segment.length)
  if (range === 'unsatisfiable') {
    const refusal = text(416, 'no such range')
    return { ...refusal, headers: { ...refusal.headers, 'content-range': `bytes */${segment.length}` } }
  }
  const headers = {
    ...CORS_HEADERS,
    'content-type': 'video/mp2t',
    'cache-control': 'public, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
  }
  if (range === undefined) return { status: 200, headers, body: segment }
  const { first, last } = range
  const contentRange = `bytes ${first}-${last}/${segment.length}`
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    body: segment.subarray(first, last + 1),
  }
}
