import { CORS_HEADERS, send, type HttpHandler } from '../../io/http.ts'
import { createWebAssets } from './web-assets.ts'

/** `GET /` and what the watch page loads. */
export function createWebPages(): HttpHandler {
  const assets = createWebAssets()
  return async ({ path, method, raw }, response) => {
    if (method !== 'GET' && method !== 'HEAD') return false
    const { headers } = raw
    const asset = assets.handle(path, {
      acceptEncoding: headers['accept-encoding']?.toString(),
      ifNoneMatch: headers['if-none-match'],
    })
    if (!asset) return false
    const { status, headers: answerHeaders, body } = await asset
    send(response, { status, headers: answerHeaders, body: body ?? undefined })
    return true
  }
}

/** Preflight of any path that has no handler of its own. */
export const preflight: HttpHandler = ({ method }, response) => {
  if (method !== 'OPTIONS') return false
  send(response, { status: 204, headers: CORS_HEADERS })
  return true
}
