import { isBearer } from '@millrace/auth'

import { send, text, type HttpHandler } from './http.ts'

/** Keeps `/metrics` and the node's API for who has the token; to be put before their handlers. Preflights have none. */
export function bearerOnly(token: string): HttpHandler {
  return ({ path, method, raw }, response) => {
    if (method === 'OPTIONS' || !(path === '/metrics' || /^\/api(\/|$)/.test(path))) return false
    if (isBearer(raw.headers.authorization, token)) return false
    const { headers, ...answer } = text(401, 'a token is needed: Authorization: Bearer …')
    send(response, { ...answer, headers: { ...headers, 'www-authenticate': 'Bearer' } })
    return true
  }
}
