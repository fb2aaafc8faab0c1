import { SRS_CODES } from './codes.ts'
import type { SrsApiOptions } from './options.ts'

/** The answer of `/api/v1/raw`, by `rpc`. What is wished takes place after the answer. */
export function answerRaw(rpc: string | undefined, { raw, crossdomain }: SrsApiOptions): object {
  if (rpc === 'raw') {
    return {
      code: 0,
      http_api: {
        enabled: raw.apiEnabled,
        listen: raw.listen,
        crossdomain,
        raw_api: { enabled: raw.enabled, allow_reload: raw.allowReload, allow_query: false, allow_update: false },
      },
    }
  }
  if (!raw.enabled) return { code: SRS_CODES.rawDisabled }
  if (rpc === 'reload') {
    if (!raw.allowReload) return { code: SRS_CODES.rawDisabled }
    raw.reload()
    return { code: 0 }
  }
  if (rpc === 'reload-fetch') {
    const { err, msg, state, rid } = raw.lastReload()
    return { code: 0, data: { err, msg, state, rid } }
  }
  // SRS: query and update are gone since 4.0.170
  return { code: SRS_CODES.rawBadRpc }
}
