/** A stream as `GET /api/v1/streams` gives it; only what the page shows. */
interface ApiStream {
  id: string
  name: string
  app: string
  /** Players and the publisher, as SRS counts. */
  clients: number
  /** Players alone. */
  players?: number
  kbps: { recv_30s: number; send_30s: number }
  publish: { active: boolean }
  video: {
    codec: string
    profile?: string
    level?: string
    width?: number
    height?: number
    codec_string?: string
  } | null
  audio: { codec: string; sample_rate?: number; channel?: number; profile?: string; codec_string?: string } | null
  urls?: { flv?: string; ws_flv?: string; hls?: string; rtmp?: string }
}

/** A live stream, ready to show. */
export interface LiveStream {
  id: string
  /** `app/name` */
  path: string
  /** Undefined for the default vhost. */
  vhost: string | undefined
  viewers: number
  bitrateBps: number
  video: ApiStream['video']
  audio: ApiStream['audio']
  urls: NonNullable<ApiStream['urls']>
}

/** The published streams of an answer of `GET /api/v1/streams`, by name. */
function liveStreams(answer: { streams?: readonly ApiStream[] }): LiveStream[] {
  return (answer.streams ?? [])
    .filter(({ publish }) => publish?.active)
    .map((stream) => ({
      id: stream.id,
      path: `${stream.app}/${stream.name}`,
      vhost: vhostOf(stream.urls?.flv),
      viewers: stream.players ?? Math.max(0, stream.clients - 1),
      bitrateBps: stream.kbps.recv_30s * 1000,
      video: stream.video,
      audio: stream.audio,
      urls: stream.urls ?? {},
    }))
    .toSorted((a, b) => a.path.localeCompare(b.path))
}

/** `vhost` of the answer is an opaque id, as in SRS: the name is in the playback URL. */
function vhostOf(url: string | undefined): string | undefined {
  return (url && URL.parse(url, 'http://local')?.searchParams.get('vhost')) || undefined
}

/** What a poll brought. */
export type PollResult = { streams: readonly LiveStream[] } | { error: 'unreachable' | 'refused' }

const INTERVAL_MS = 2_000
const MAX_INTERVAL_MS = 10_000
const TIMEOUT_MS = 8_000

/**
 * Asks for the list every two seconds while the page is visible, less often while the server doesn't answer.
 * @returns a function that asks at once
 */
export function pollStreams(onResult: (result: PollResult) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let running = false

  const poll = async (): Promise<void> => {
    clearTimeout(timer)
    if (running) return
    running = true
    const result = await fetchStreams()
    running = false
    failures = 'error' in result ? failures + 1 : 0
    onResult(result)
    if (!document.hidden) timer = setTimeout(() => void poll(), Math.min(MAX_INTERVAL_MS, INTERVAL_MS * (failures + 1)))
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void poll()
  })
  void poll()
  return () => void poll()
}

async function fetchStreams(): Promise<PollResult> {
  try {
    const response = await fetch('/api/v1/streams/?count=500', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) return { error: 'refused' }
    return { streams: liveStreams((await response.json()) as { streams?: readonly ApiStream[] }) }
  } catch {
    return { error: 'unreachable' }
  }
}
