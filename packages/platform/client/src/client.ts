import createOpenApiClient, { type Client } from 'openapi-fetch'

import { retryingFetch, type RetryOptions } from './retry.ts'
import type { paths } from './schema.d.ts'

export interface ClientOptions extends RetryOptions {
  /** Where the control plane is: `https://control.example.com`. */
  url: string
  /** An API token, `tok_…`. */
  token: string
}

/** The REST API by path: `client.GET('/v1/streams/{id}', { params: { path: { id } } })`. */
export type MillraceClient = Client<paths>

/**
 * A client of the REST API. Each POST gets an `Idempotency-Key`, so that it can be sent again; calls that fail in passing are.
 * A failure is thrown as `ApiError`, so `answerOf` has nothing else to tell than the answer.
 */
export function createClient({ url, token, ...options }: ClientOptions): MillraceClient {
  return createOpenApiClient<paths>({
    baseUrl: url.replace(/\/+$/, ''),
    fetch: retryingFetch(options),
    headers: { authorization: `Bearer ${token}` },
  })
}

/** The body of the answer to a call; undefined for 204. Rejects with ApiError. */
export async function answerOf<R extends { data?: unknown }>(call: Promise<R>): Promise<Exclude<R['data'], undefined>> {
  const { data } = await call
  return data as Exclude<R['data'], undefined>
}
