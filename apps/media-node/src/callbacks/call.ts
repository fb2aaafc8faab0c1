import http from 'node:http'
import https from 'node:https'

import { CodedError, errorCode, errorMessage } from '@millrace/core'

import { VERSION } from '../version.ts'
import type { CallbackAnswer } from './answer.ts'

export interface CallOptions {
  /** JSON to POST; without it the URL is only asked for. */
  readonly body?: string
  /** For the whole call. SRS: 30 s for each step of it, by which a slow backend may hold a client for ever. */
  readonly timeoutMs: number
  /** Whether a certificate has to be valid. */
  readonly verify: boolean
  /** Most bytes of the answer, default 64 KiB. */
  readonly maxBytes?: number
  /** Reads no more of the answer than `maxBytes`, where otherwise a longer one is an error. */
  readonly cut?: boolean
  /** Gives up. */
  readonly signal?: AbortSignal
}

/** SRS: what comes first is for backends that look for it. */
const USER_AGENT = `SRS/4.0.271(Leo) Millrace/${VERSION}`
const MAX_BYTES = 65_536

/**
 * Calls a backend as SRS does: over a connection of its own, without another try, and without following redirects.
 *
 * SRS: a user name and password of the URL are sent.
 *
 * @throws CodedError `CALLBACK_UNREACHABLE`, `CALLBACK_TIMEOUT` or `CALLBACK_ANSWER_TOO_LARGE`
 */
export async function call(url: string, options: CallOptions): Promise<CallbackAnswer> {
  const { timeoutMs, signal } = options
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    return await exchange(url, options, signal ? AbortSignal.any([signal, late.signal]) : late.signal)
  } catch (error) {
    if (error instanceof CodedError) throw error
    if (late.signal.aborted) {
      throw new CodedError('CALLBACK_TIMEOUT', `no answer of the backend within ${timeoutMs} ms`, { cause: error })
    }
    const message = `the backend could not be asked: ${errorMessage(error) || errorCode(error)}`
    throw new CodedError('CALLBACK_UNREACHABLE', message, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function exchange(
  text: string,
  { body, verify, maxBytes = MAX_BYTES, cut = false }: CallOptions,
  signal: AbortSignal,
): Promise<CallbackAnswer> {
  const url = new URL(text)
  const { promise, resolve, reject } = Promise.withResolvers<CallbackAnswer>()
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    signal,
    rejectUnauthorized: verify,
    headers: {
      Host: url.host,
      // said, and not done
      Connection: 'Keep-Alive',
      'User-Agent': USER_AGENT,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body ?? ''),
    },
  })
  request.once('error', reject)
  request.once('response', (response) => {
    const parts: Buffer[] = []
    let length = 0
    const finish = (): void => {
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() })
      request.destroy()
    }
    response.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length <= maxBytes) return
      if (cut) return finish()
      reject(new CodedError('CALLBACK_ANSWER_TOO_LARGE', `the backend answered with over ${maxBytes} bytes`))
      request.destroy()
    })
    response.once('error', reject)
    response.once('end', finish)
  })
  request.end(body)
  return promise
}
