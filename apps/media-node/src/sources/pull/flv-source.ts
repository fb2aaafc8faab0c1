import http from 'node:http'
import https from 'node:https'

import { CodedError, errorMessage } from '@millrace/core'
import { FlvReader } from '@millrace/flv'

import { dial } from '../../io/dial.ts'
import type { OpenSource, SourceHandlers, SourceOptions } from './source.ts'

const MAX_REDIRECTS = 3

/** Plays `http://host/…` or `https://host/…`, an FLV stream without end. Follows up to 3 redirects. */
export function openFlvSource(url: URL, handlers: SourceHandlers, options: SourceOptions): ReturnType<OpenSource> {
  let request: http.ClientRequest | undefined
  let done = false
  const finish = (error: CodedError): void => {
    if (done) return
    done = true
    request?.destroy()
    handlers.ended(error)
  }

  const get = (target: URL, redirects: number): void => {
    request = send(target, target.origin === url.origin ? options : { ...options, headers: undefined })
    request.on('error', (error) => finish(new CodedError('PULL_UNREACHABLE', errorMessage(error), { cause: error })))
    request.on('response', (response) => {
      const status = response.statusCode ?? 0
      const next = redirectOf(response, target)
      if (status === 200) return read(response, handlers, () => done, finish)
      if (!next || redirects === MAX_REDIRECTS) return finish(refusal(status))
      response.destroy()
      get(next, redirects + 1)
    })
  }

  get(url, 0)
  return {
    close() {
      done = true
      request?.destroy()
    },
  }
}

function send(url: URL, { headers, ca, guard }: SourceOptions): http.ClientRequest {
  const request = (url.protocol === 'https:' ? https : http).get(url, {
    createConnection: () => dial(url, { ca, guard }),
    headers: { accept: '*/*', 'user-agent': 'Millrace', ...headers },
  })
  request.setNoDelay(true)
  return request
}

function read(
  response: http.IncomingMessage,
  handlers: SourceHandlers,
  done: () => boolean,
  finish: (error: CodedError) => void,
): void {
  const reader = new FlvReader()
  response.on('data', (chunk: Buffer) => {
    if (done()) return
    try {
      for (const part of reader.push(chunk)) {
        if (part.type === 'tag' && !done())
          handlers.media({ kind: part.kind, timestampMs: part.timestampMs, payload: part.body })
      }
    } catch (error) {
      finish(
        error instanceof CodedError ? error : new CodedError('IO_UNEXPECTED', errorMessage(error), { cause: error }),
      )
    }
  })
  response.on('error', (error) => finish(new CodedError('PULL_UNREACHABLE', errorMessage(error), { cause: error })))
  response.on('close', () => finish(new CodedError('PULL_ENDED', 'the source ended the answer')))
}

/** Where a redirect leads; undefined when it is none that can be followed. */
function redirectOf({ statusCode = 0, headers }: http.IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined
  const next = URL.parse(headers.location ?? '', from)
  return next && (next.protocol === 'https:' || next.protocol === 'http:') ? next : undefined
}

function refusal(status: number): CodedError {
  return new CodedError('PULL_REFUSED', `the source answered ${status}`, { details: { status } })
}
