import type { ServerConfig } from '@millrace/config'

import { SRS_CODES } from '../srs-api/codes.ts'
import type { ReloadState, SrsApiOptions } from '../srs-api/options.ts'
import type { Reloader } from './reloader.ts'

/** What `http_api` of the file, as it was read last, lets the API do. */
export class ConfApi {
  #options: SrsApiOptions
  #reloader: Reloader | undefined

  constructor(config: ServerConfig) {
    this.#options = this.#of(config)
  }

  get options(): SrsApiOptions {
    return this.#options
  }

  /** Takes another file. */
  update(config: ServerConfig): void {
    this.#options = this.#of(config)
  }

  /** Has `rpc=reload` reload; before, it does nothing. */
  attach(reloader: Reloader): void {
    this.#reloader = reloader
  }

  #of({ http_api: api, vhost }: ServerConfig): SrsApiOptions {
    const { enabled, listen, crossdomain, raw_api: raw, auth } = api
    return {
      crossdomain,
      auth: auth.enabled ? { username: auth.username, password: auth.password } : undefined,
      kick: true,
      vhost(name) {
        const found = vhost.find((each) => each.name === name)
        return {
          enabled: found?.enabled ?? false,
          hlsFragmentS: found?.hls.enabled ? found.hls.hls_fragment : undefined,
        }
      },
      raw: {
        apiEnabled: enabled,
        listen: listen.host === undefined ? String(listen.port) : `${listen.host}:${listen.port}`,
        enabled: raw.enabled,
        allowReload: raw.allow_reload,
        reload: () => void setImmediate(() => this.#reloader?.reload()),
        lastReload: () => reloadState(this.#reloader),
      },
    }
  }
}

/** A reload is over as soon as it has begun: nothing else runs meanwhile. */
function reloadState(reloader: Reloader | undefined): ReloadState {
  if (!reloader?.last) return { err: 0, msg: '', state: 0, rid: '' }
  const { id: rid, result } = reloader.last
  if (result.type === 'failed') return { err: SRS_CODES.config, msg: result.errors.join('; '), state: 10, rid }
  return { err: 0, msg: '', state: 90, rid }
}
