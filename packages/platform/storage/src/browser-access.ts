import http from 'node:http'
import https from 'node:https'

import { errorMessage } from '@millrace/core'

import type { StorageAgents } from './agents.ts'
import { storageError } from './errors.ts'

const TIMEOUT_MS = 5000

/** Throws `STORAGE_REFUSED` unless a page of any origin may read what is at a URL. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
export async function requireCors(url: string, origin: string, agents: StorageAgents): Promise<void> {
  const allowed = await allowedOrigin(url, origin, agents).catch((cause: unknown) => {
    throw storageError('STORAGE_UNREACHABLE', errorMessage(cause), { cause })
  })
  if (allowed === '*' || allowed === origin) return
  throw storageError(
    'STORAGE_REFUSED',
    'pages of other origins may not read objects: give the bucket a CORS rule, or players in browsers fail',
  )
}

function allowedOrigin(url: string, origin: string, agents: StorageAgents): Promise<string | undefined> {
  const isSecure = url.startsWith('https:')
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).get(url, {
      agent: isSecure ? agents.https : agents.http,
      headers: { origin },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    request.on('error', reject).on('response', (response) => {
      response.resume()
      resolve(response.headers['access-control-allow-origin'])
    })
  })
}
