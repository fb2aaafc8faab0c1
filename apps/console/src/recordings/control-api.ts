/** What the page needs of a recording, as `GET /v1/recordings` gives it. */
export interface Recording {
  id: string
  stream_id: string
  title: string | null
  status: 'recording' | 'uploading' | 'ready' | 'partial' | 'failed' | 'deleted'
  format: string
  started_at: string
  ended_at: string | null
  duration_s: number
  size_bytes: number
  segments: number
  gaps: readonly { from: string; to: string; reason: 'publisher_away' | 'node_lost' | 'storage' }[]
  discontinuities: number
  expires_at: string | null
  progress: { pending_segments: number; pending_bytes: number; finish_percent: number | null }
  error_code: string | null
}

/** What it needs of `GET /v1/recordings/{id}/playback`. */
export interface RecordingPlayback {
  urls: readonly { playback_id: string | null; policy: string | null; type: string; url: string }[]
}

export interface Clip {
  id: string
  title: string | null
  status: 'processing' | 'ready' | 'failed' | 'deleted'
  from: string
  to: string
  starts_at: string | null
  duration_s: number
  size_bytes: number
  url: string | null
  error_code: string | null
}

export interface Page<T> {
  data: readonly T[]
  next: string | null
}

/** Why a request failed, for people. `code` is the API's, or `UNREACHABLE`. */
export class ControlError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

const TIMEOUT_MS = 10_000

/** The control plane's REST API, for one token. */
export class ControlApi {
  readonly url: string
  readonly #token: string

  /** `url` without `/v1`. */
  constructor(url: string, token: string) {
    this.url = url.replace(/\/+$/, '').replace(/\/v1$/, '')
    this.#token = token
  }

  recordings(after?: string): Promise<Page<Recording>> {
    return this.#call('GET', `/v1/recordings?limit=50${after === undefined ? '' : `&after=${after}`}`)
  }

  recording(id: string): Promise<Recording> {
    return this.#call('GET', `/v1/recordings/${id}`)
  }

  playback(id: string): Promise<RecordingPlayback> {
    return this.#call('GET', `/v1/recordings/${id}/playback`)
  }

  clips(recordingId: string): Promise<Page<Clip>> {
    return this.#call('GET', `/v1/clips?limit=50&recording_id=${recordingId}`)
  }

  makeClip(clip: { recording_id: string; from: string; to: string; title: string | null }): Promise<Clip> {
    return this.#call('POST', '/v1/clips', clip)
  }

  deleteClip(id: string): Promise<unknown> {
    return this.#call('DELETE', `/v1/clips/${id}`)
  }

  /** Throws ControlError. */
  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined)
    if (!response) throw new ControlError('UNREACHABLE', 0, `The control plane doesn’t answer at ${this.url}.`)
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok && answer !== undefined) return answer as T
    const { code = 'UNEXPECTED', detail = '' } = (answer ?? {}) as { code?: string; detail?: string }
    throw new ControlError(code, response.status, failureText(code, response.status, detail, this.url))
  }
}

function failureText(code: string, status: number, detail: string, url: string): string {
  if (status === 401) return 'The token isn’t valid (any more). Sign in again.'
  if (code === 'SCOPE_MISSING') return `The token may not do this: ${detail}`
  if (code === 'RATE_LIMITED') return 'Too many requests with this token for the moment.'
  if (code === 'UNEXPECTED') return `What answers at ${url} is no control plane (HTTP ${status}).`
  return detail
}
