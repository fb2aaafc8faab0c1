import path from 'node:path'

import type { VhostConfig } from '@millrace/config'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../admission/admission.ts'
import type { BroadcastObserver, Publisher } from '../broadcast/broadcasts.ts'
import type { DvrEvent } from '../outputs/dvr/dvr.ts'
import type { WrittenSegment } from '../outputs/hls-files/hls-files-output.ts'
import type { Callbacks } from './callbacks.ts'

export interface FileCallbacksDeps {
  readonly callbacks: Pick<Callbacks, 'dvr' | 'hls'>
  /** A vhost as it is at the moment; undefined for one that is no more. */
  readonly configOf: (vhost: string) => Pick<VhostConfig, 'hls' | 'dvr'> | undefined
  /** Working directory of the node. */
  readonly cwd: string
}

/** Streams whose publisher is remembered: segments are told of after it has left, too. */
const MAX_PUBLISHERS = 10_000

/** Tells callbacks of files that are complete, as those of whoever published the stream. */
export class FileCallbacks implements BroadcastObserver {
  readonly #deps: FileCallbacksDeps
  /** Who published a stream last; the longest ago first. */
  readonly #publishers = new Map<string, AdmissionRequest>()

  constructor(deps: FileCallbacksDeps) {
    this.#deps = deps
  }

  began({ stream: { id } }: Pick<Publisher, 'stream'>, request: AdmissionRequest): void {
    this.#publishers.delete(id)
    this.#publishers.set(id, request)
    const oldest = this.#publishers.keys().next()
    if (this.#publishers.size > MAX_PUBLISHERS && !oldest.done) this.#publishers.delete(oldest.value)
  }

  /** A file of a recording is complete. */
  recorded({ key, request, path: file, cwd }: Pick<DvrEvent, 'key' | 'request' | 'path' | 'cwd'>): void {
    const { dvr } = this.#deps.configOf(key.vhost) ?? {}
    if (dvr) this.#deps.callbacks.dvr(request, key.vhost, { cwd, file: asConfigured(dvr.dvr_path, file, cwd) })
  }

  /** A segment of HLS is complete. */
  written({ key, seq: sequence, durationMs, file, playlistFile, uri }: WrittenSegment): void {
    const { callbacks, configOf, cwd } = this.#deps
    const request = this.#publishers.get(streamId(key))
    const { hls } = configOf(key.vhost) ?? {}
    if (!request || !hls) return
    const { hls_path: folder, hls_nb_notify: notifyBytes } = hls
    const m3u8Url = path.relative(path.resolve(cwd, folder), playlistFile)
    const facts = {
      cwd,
      file: asConfigured(folder, file, cwd),
      durationS: durationMs / 1000,
      url: /^https?:\/\//.test(uri) ? uri : path.join(path.dirname(m3u8Url), uri),
      m3u8: asConfigured(folder, playlistFile, cwd),
      m3u8Url,
      sequence,
    }
    callbacks.hls(request, key.vhost, facts, Math.max(0, notifyBytes))
  }
}

const streamId = ({ vhost, app, name }: StreamKey): string => `${vhost}/${app}/${name}`

/** A file's name as SRS tells it: relative, with or without `./`, where the configured path is. */
function asConfigured(configured: string, file: string, cwd: string): string {
  if (path.isAbsolute(configured)) return file
  return `${configured.startsWith('./') ? './' : ''}${path.relative(cwd, file)}`
}
