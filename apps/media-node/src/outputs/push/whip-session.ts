import http from 'node:http'

import type { AddressGuard } from '@millrace/address-guard'
import { CodedError, errorMessage } from '@millrace/core'

import { dial } from '../../io/dial.ts'

/** Of an answer. */
const MAX_BODY_BYTES = 128 * 1024
const MAX_REDIRECTS = 3
const DELETE_TIMEOUT_MS = 5000

export interface WhipOptions {
  bearer?: string | undefined
  ca?: string | undefined
  guard?: AddressGuard | undefined
}

/** What a WHIP endpoint has agreed to. */
export interface WhipSession {
  /** SDP. */
  readonly answer: string
  /** Ends it at the server; never rejects. */
  end(): Promise<void>
}

/**
 * Offers a WHIP endpoint a session. Follows redirects, but never from a secured connection to one that is not.
 * Errors: `PUSH_UNREACHABLE`, `PUSH_REFUSED`, `PUSH_TIMEOUT`.
 *
 * @see RFC 9725 §4.2, §4.5
 */
export async function beginWhip(
  url: URL,
  offer: string,
  timeoutMs: number,
  options: WhipOptions,
): Promise<WhipSession> {
  const signal = AbortSignal.timeout(timeoutMs)
  const body = { type: 'application/sdp', text: offer }
  let target = url
  for (let redirects = 0; ; redirects++) {
    const answer = await exchange(target, { method: 'POST', body, signal, ...options })
    const location = URL.parse(answer.location ?? '', target.href)
    const next = location && mayFollow(target, location) ? location : undefined
    if (answer.status === 201) {
      const end = async (): Promise<void> => {
        const timeout = AbortSignal.timeout(DELETE_TIMEOUT_MS)
        // the server misses us in any case
        if (next) await exchange(next, { method: 'DELETE', signal: timeout, ...options }).catch(() => {})
      }
      return { answer: answer.text, end }
    }
    if ((answer.status !== 307 && answer.status !== 308) || !next || redirects === MAX_REDIRECTS) {
      throw new CodedError('PUSH_REFUSED', `the receiver answers ${answer.status}`)
    }
    target = next
  }
}

const mayFollow = (from: URL, { protocol }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && from.protocol === 'http:')

interface Exchange extends WhipOptions {
  method: 'POST' | 'DELETE'
  body?: { type: string; text: string }
  signal: AbortSignal
}

interface Answer {
  status: number
  location: string | undefined
  text: string
}

async function exchange(url: URL, options: Exchange): Promise<Answer> {
  try {
    const response = await request(url, options)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) throw new CodedError('PUSH_REFUSED', 'the answer of the receiver is too long')
      chunks.push(chunk)
    }
    const { statusCode = 0, headers } = response
    return { status: statusCode, location: headers.location, text: Buffer.concat(chunks).toString('utf8') }
  } catch (error) {
    if (options.signal.aborted) throw new CodedError('PUSH_TIMEOUT', 'the receiver does not answer')
    if (error instanceof CodedError && error.code === 'PUSH_REFUSED') throw error
    throw new CodedError('PUSH_UNREACHABLE', errorMessage(error), { cause: error })
  }
}

function request(url: URL, { method, body, signal, bearer, ca, guard }: Exchange): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const socket = dial(url, { ca, guard })
    // a forbidden address fails before the request has hold of its socket
    socket.on('error', reject)
    const sent = http.request({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body && { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
      },
      signal,
    })
    sent.on('error', reject)
    sent.on('response', resolve)
    sent.end(body?.text)
  })
}
