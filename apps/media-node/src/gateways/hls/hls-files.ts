import type { StreamKey } from '@millrace/hub'

import type { Admission } from '../../admission/admission.ts'
import { admitViewer, clientOf, forViewer, refusalOf, viewerPreflight } from '../../admission/http-viewer.ts'
import { Visit } from '../../admission/visit.ts'
import type { LocateFiles } from '../../io/file-mounts.ts'
import { CORS_HEADERS, send, text, type HttpAnswer, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import type { SegmentRequest, SegmentViewers } from '../../players/segment-viewers.ts'

/** A file of a stream's HLS. */
export interface HlsFile {
  readonly type: 'playlist' | 'other'
  readonly key: StreamKey
  readonly options: { readonly context: boolean; readonly segmentContext: boolean; readonly windowMs: number }
  readonly sizeBytes: number
  /** `query` is added to the URIs of segments. */
  playlist(query: string): string | undefined
  multivariant(uri: string): string
  /** Counts what a viewer was sent. */
  sent(bytes: number): void
}

export interface HlsFilesDeps {
  /** By absolute name. */
  files: { find(file: string): HlsFile | undefined }
  locate: LocateFiles
  admission: Admission
  viewers: SegmentViewers
}

/** Parameter that tells viewers apart. @see SRS 4.0.163, "hls_ctx" */
const CONTEXT = 'hls_ctx'
/** Who asks for nothing for so many windows has left. */
const IDLE_WINDOWS = 2
/** A context is part of names in logs and callbacks. */
const CONTEXT_PATTERN = /^\w{1,64}$/

/**
 * HLS as SRS has it. Who asks for a playlist for the first time is asked for by the admission, and gets a multivariant playlist that
 * names the same one with a context of its own; with that it is the same viewer as long as it asks again and again. What
 * playlists name is left to the handler of files, after it was counted.
 */
export function createHlsFiles(deps: HlsFilesDeps): HttpHandler {
  return async (request, response) => {
    const file = firstOf(deps.locate(request), (name) => deps.files.find(name))
    if (!file) return false
    const { method } = request
    const asked = asKey(request, file.key)
    const target = { app: file.key.app, stream: file.key.name }
    if (method === 'OPTIONS') send(response, await viewerPreflight(deps.admission, asked, 'hls', target))
    else if (method !== 'GET' && method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else {
      const answer = file.type === 'playlist' ? await servePlaylist(deps, asked, file) : await passOn(deps, asked, file)
      if (!answer) return false
      send(response, answer)
    }
    return true
  }
}

function firstOf<T>(names: readonly string[], find: (name: string) => T | undefined): T | undefined {
  for (const name of names) {
    const found = find(name)
    if (found) return found
  }
  return undefined
}

/** Rules are those of the vhost that the stream is in, whatever host the file was asked for at. */
function asKey(request: HttpRequest, { vhost }: StreamKey): HttpRequest {
  return { ...request, params: { ...request.params, vhost } }
}

async function servePlaylist(deps: HlsFilesDeps, request: HttpRequest, file: HlsFile): Promise<HttpAnswer> {
  const known = knownViewer(deps, request, file)
  if (known) return forKnown(deps, request, file, known, () => mediaPlaylist(file, known.viewer))
  const { key, options } = file
  if (file.playlist('') === undefined) return playlistAnswer(undefined)
  const visit = options.context && request.method === 'GET' ? new Visit() : undefined
  const admitted = await admitViewer(deps.admission, request, 'hls', { app: key.app, stream: key.name }, visit)
  if ('refusal' in admitted) {
    visit?.end()
    return admitted.refusal
  }
  const { grant } = admitted
  if (!options.context) return forViewer(playlistAnswer(file.playlist('')), grant, request)
  const given = request.params[CONTEXT] ?? ''
  const isGiven = CONTEXT_PATTERN.test(given)
  const viewer = { ...viewerOf(request, file, isGiven ? given : request.clientId), streamId: grant.streamId, visit }
  // SRS: who comes back with a context that was forgotten meanwhile, after a pause, gets the list it asks for, which players need
  const list = (): string | undefined =>
    isGiven ? mediaPlaylist(file, given) : file.multivariant(contextUri(request, viewer.viewer))
  return forViewer(forKnown(deps, request, file, viewer, list), grant, request)
}

function mediaPlaylist(file: HlsFile, context: string): string | undefined {
  return file.playlist(file.options.segmentContext ? `?${CONTEXT}=${context}` : '')
}

/** What a viewer gets who is let in, and is counted with it. */
function forKnown(
  { viewers }: HlsFilesDeps,
  { method }: HttpRequest,
  file: HlsFile,
  viewer: SegmentRequest,
  list: () => string | undefined,
): HttpAnswer {
  try {
    viewers.check(viewer)
  } catch (error) {
    viewer.visit?.end()
    return refusalOf(error)
  }
  const answer = playlistAnswer(list())
  if (method !== 'GET') return answer
  const bytes = answer.body?.length ?? 0
  viewers.served(viewer, bytes)
  file.sent(bytes)
  return answer
}

/** Segments and keys: undefined when they may be sent. */
async function passOn(deps: HlsFilesDeps, request: HttpRequest, file: HlsFile): Promise<HttpAnswer | undefined> {
  const bytes = request.method === 'HEAD' || request.raw.headers.range !== undefined ? 0 : file.sizeBytes
  const known = knownViewer(deps, request, file)
  // without a context in their URLs nobody knows whose request it is, and callbacks can't be asked for each
  const isFree = file.options.context && !file.options.segmentContext
  if (!known && !isFree) {
    const admitted = await admitViewer(deps.admission, request, 'hls', { app: file.key.app, stream: file.key.name })
    if ('refusal' in admitted) return admitted.refusal
  }
  if (known) {
    try {
      deps.viewers.check(known)
    } catch (error) {
      return refusalOf(error)
    }
    deps.viewers.served(known, bytes)
  }
  file.sent(bytes)
  return undefined
}

function knownViewer({ viewers }: HlsFilesDeps, request: HttpRequest, file: HlsFile): SegmentRequest | undefined {
  const given = request.params[CONTEXT]
  if (!file.options.context || given === undefined) return undefined
  const viewer = viewerOf(request, file, given)
  return viewers.watches(viewer) ? viewer : undefined
}

function viewerOf(request: HttpRequest, { key, options }: HlsFile, viewer: string): SegmentRequest {
  const idleMs = IDLE_WINDOWS * options.windowMs
  return { key, streamId: null, protocol: 'hls', client: { ...clientOf(request), id: viewer }, viewer, idleMs }
}

/** URL of the same playlist, with the context first, as SRS has it. */
function contextUri({ path, search }: HttpRequest, viewer: string): string {
  const others = search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !part.startsWith(`${CONTEXT}=`))
  // what would break the line of a playlist
  const query = [`${CONTEXT}=${viewer}`, ...others].join('&').replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent)
  return `${path.split('/').map(encodeURIComponent).join('/')}?${query}`
}

function playlistAnswer(list: string | undefined): HttpAnswer {
  if (list === undefined) return text(404, 'no such stream')
  const headers = {
    ...CORS_HEADERS,
    'content-type': 'application/vnd.apple.mpegurl',
    'cache-control': 'private, no-cache',
  }
  return { status: 200, headers, body: list }
}
