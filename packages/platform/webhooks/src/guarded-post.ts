import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'

import { ServiceError, errorCode, errorMessage } from '@millrace/core'

import type { AddressGuard } from '@millrace/address-guard'

/** One resolved address of a host. */
export interface ResolvedAddress {
  address: string
  family: number
}

export interface GuardedPost {
  /** `http:` or `https:`. */
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** From the name's resolution to the answer's head, default 15 000 ms; what of the body comes later is not waited for. */
  timeoutMs?: number
  /** How much of the answer's body is read, default 1024 bytes. */
  maxBodyBytes?: number
  /** Breaks it off: `WEBHOOK_INTERRUPTED`. */
  signal?: AbortSignal
  /** Resolves a host name, default the system's resolver. Called once. */
  resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
}

/** What the receiver answered. Redirects are not followed: a 3xx is an answer like any other. */
export interface PostAnswer {
  statusCode: number
  /** The `Retry-After` header. */
  retryAfter: string | undefined
  /** Start of the body as text, without control characters but line feeds and tabs. */
  excerpt: string
  /** Start of the body as it came. */
  body: Uint8Array
  /** Whether `body` is all of it. */
  complete: boolean
}

/**
 * Posts to a URL that a user chose: resolves its host once, and connects to no address but those of this answer that
 * `guard` permits. Throws ServiceError `WEBHOOK_URL_INVALID`, `WEBHOOK_NOT_RESOLVED`, `WEBHOOK_ADDRESS_BLOCKED`,
 * `WEBHOOK_TIMEOUT`, `WEBHOOK_INTERRUPTED` or `WEBHOOK_CONNECTION` when there is no answer.
 */
export async function guardedPost(post: GuardedPost, guard: AddressGuard): Promise<PostAnswer> {
  const url = URL.canParse(post.url) ? new URL(post.url) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ServiceError('WEBHOOK_URL_INVALID', 'the URL must be http: or https:')
  }
  const timeout = AbortSignal.timeout(post.timeoutMs ?? 15_000)
  const deadline = post.signal ? AbortSignal.any([timeout, post.signal]) : timeout
  try {
    const addresses = await orAborted(permittedAddresses(url, post.resolve ?? resolveBySystem, guard), deadline)
    const response = await send(url, post, addresses, deadline)
    const { body, complete } = await readBody(response, post.maxBodyBytes ?? 1024)
    const excerpt = new TextDecoder().decode(body).replaceAll(/[^\P{Cc}\n\t]/gu, '')
    return {
      statusCode: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      excerpt,
      body,
      complete,
    }
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    if (post.signal?.aborted) throw new ServiceError('WEBHOOK_INTERRUPTED', 'broken off by the sender', { cause })
    if (timeout.aborted) throw new ServiceError('WEBHOOK_TIMEOUT', 'no answer in time', { cause })
    throw new ServiceError('WEBHOOK_CONNECTION', errorMessage(cause) || errorCode(cause), { cause })
  }
}

function resolveBySystem(host: string): Promise<ResolvedAddress[]> {
  return lookup(host, { all: true })
}

async function permittedAddresses(
  url: URL,
  resolve: (host: string) => Promise<readonly ResolvedAddress[]>,
  guard: AddressGuard,
): Promise<ResolvedAddress[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  let addresses: readonly ResolvedAddress[] = [{ address: host, family: isIP(host) }]
  if (isIP(host) === 0) {
    try {
      addresses = await resolve(host)
    } catch (cause) {
      throw new ServiceError('WEBHOOK_NOT_RESOLVED', `cannot resolve ${host}: ${errorCode(cause)}`, { cause })
    }
  }
  const permitted = addresses.filter(({ address }) => guard.permits(address))
  if (permitted.length === 0) {
    throw new ServiceError('WEBHOOK_ADDRESS_BLOCKED', `${host} has no address that webhooks may be sent to`)
  }
  return permitted
}

function send(
  url: URL,
  { headers, body }: GuardedPost,
  addresses: readonly ResolvedAddress[],
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  // for a literal address net never asks: that one is `addresses` already
  const pinned: LookupFunction = (_host, options, done) => {
    if (options.all) done(null, [...addresses])
    else done(null, addresses[0]!.address, addresses[0]!.family)
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      // a connection of its own: a pooled one might lead to an address of an earlier resolution
      agent: false,
      lookup: pinned,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
    })
    request.on('response', resolve)
    // also after the answer: a receiver may close before it has read everything
    request.on('error', reject)
    request.end(body)
  })
}

/** The status is the answer; whatever ends the body early, the deadline too, only shortens it. */
async function readBody(
  response: http.IncomingMessage,
  maxBytes: number,
): Promise<Pick<PostAnswer, 'body' | 'complete'>> {
  const chunks: Buffer[] = []
  let length = 0
  let complete = true
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) break
    }
  } catch {
    complete = false
  }
  const body = new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes))
  return { body, complete: complete && length <= maxBytes }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort))
}
