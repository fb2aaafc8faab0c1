import { open, type FileHandle } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { pipeline } from 'node:stream'

import { guardedLookup, type AddressGuard } from '@millrace/address-guard'
import { CodedError, errorCode, errorMessage } from '@millrace/core'

import { MAX_READ_BYTES, type HttpGrant, type ObjectAccess, type ObjectBody, type PutOptions } from './objects.ts'

interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: ObjectBody | null
  readonly idleMs: number
  readonly signal: AbortSignal
}

interface Answer {
  readonly status: number
  readonly etag: string | undefined
  readonly text: string
}

/** Objects behind presigned URLs. Connections are kept; the addresses they go to are checked. */
export class HttpObjects implements ObjectAccess<HttpGrant> {
  readonly #guard: AddressGuard
  readonly #plain = new http.Agent({ keepAlive: true })
  readonly #secure = new https.Agent({ keepAlive: true })
  /** Servers that want ETags in conditions without quotes, as Ceph does. */
  readonly #unquoted = new Set<string>()

  constructor(guard: AddressGuard) {
    this.#guard = guard
  }

  async put(grant: HttpGrant, body: ObjectBody, options: PutOptions): Promise<{ etag: string | undefined }> {
    const { ifMatch } = options
    if (typeof ifMatch !== 'string') {
      return this.#put(grant, body, options, ifMatch === null ? { 'if-none-match': '*' } : {})
    }
    const { origin } = urlOf(grant)
    const bare = ifMatch.replaceAll('"', '')
    try {
      return await this.#put(grant, body, options, { 'if-match': this.#unquoted.has(origin) ? bare : ifMatch })
    } catch (error) {
      if (errorCode(error) !== 'STORAGE_PRECONDITION' || bare === ifMatch || this.#unquoted.has(origin)) throw error
    }
    // the same condition, as servers take it that compare what is between the quotes with what was sent, quotes and all
    const put = await this.#put(grant, body, options, { 'if-match': bare })
    this.#unquoted.add(origin)
    return put
  }

  async get(
    grant: HttpGrant,
    { idleMs, signal }: Pick<PutOptions, 'idleMs' | 'signal'>,
  ): Promise<{ text: string; etag: string } | undefined> {
    const url = urlOf(grant)
    const { status, etag, text } = await this.#send({
      method: 'GET',
      url,
      headers: grant.headers,
      body: null,
      idleMs,
      signal,
    })
    if (status === 404) return undefined
    if (status !== 200) throw refusal(status, text)
    return { text, etag: etag ?? '' }
  }

  /** Ends all connections. */
  close(): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }

  async #put(
    grant: HttpGrant,
    body: ObjectBody,
    { contentType, cacheControl, idleMs, signal }: PutOptions,
    condition: Readonly<Record<string, string>>,
  ): Promise<{ etag: string | undefined }> {
    const length = body instanceof Uint8Array ? body.length : body.sizeBytes
    const headers = {
      'content-type': contentType,
      'cache-control': cacheControl,
      ...condition,
      ...grant.headers,
      'content-length': String(length),
    }
    const { status, etag, text } = await this.#send({ method: 'PUT', url: urlOf(grant), headers, body, idleMs, signal })
    if (status >= 200 && status < 300) return { etag }
    throw refusal(status, text)
  }

  async #send(request: Request): Promise<Answer> {
    this.#check(request.url)
    const { body } = request
    const file = body === null || body instanceof Uint8Array ? undefined : await openWhole(body)
    try {
      return await this.#exchange(request, file)
    } finally {
      await file?.close().catch(() => {})
    }
  }

  #check({ protocol, hostname }: URL): void {
    if (protocol !== 'http:' && protocol !== 'https:') throw new CodedError('STORAGE_REFUSED', 'no URL of a storage')
    const host = hostname.replaceAll(/[[\]]/g, '')
    // sockets ask no lookup about literal addresses
    if (net.isIP(host) !== 0 && !this.#guard.permits(host)) {
      throw blocked(`${host} is not public and not allowed`)
    }
  }

  #exchange({ method, url, headers, body, idleMs, signal }: Request, file: FileHandle | undefined): Promise<Answer> {
    const secure = url.protocol === 'https:'
    return new Promise<Answer>((resolve, reject) => {
      const agent = secure ? this.#secure : this.#plain
      const lookup = guardedLookup(this.#guard)
      const request = (secure ? https : http).request(url, { method, headers: { ...headers }, agent, lookup, signal })
      const timer = setTimeout(() => {
        request.destroy(new CodedError('STORAGE_TIMEOUT', `no progress for ${Math.round(idleMs / 1000)} s`))
      }, idleMs)
      const progress = (): void => void timer.refresh()
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        settle()
      }
      request.on('error', (error) => done(() => reject(failure(error, signal))))
      request.on('response', (response) => {
        readText(response, progress).then(
          (text) => {
            const { etag } = response.headers
            done(() => resolve({ status: response.statusCode ?? 0, etag, text }))
            // an answer before the end of the request: the rest of that is of no use
            if (!request.writableFinished) request.destroy()
          },
          (error: unknown) => done(() => reject(failure(error, signal))),
        )
      })
      if (!file) return request.end(body instanceof Uint8Array ? body : undefined)
      const source = file.createReadStream({ autoClose: false, start: 0 })
      source.on('data', progress)
      pipeline(source, request, (error) => {
        if (error) request.destroy(error)
      })
    })
  }
}

async function openWhole({ file, sizeBytes }: { file: string; sizeBytes: number }): Promise<FileHandle> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const { size } = await handle.stat()
    if (size === sizeBytes) return handle
    throw new CodedError('SPOOL_FILE', `${size} bytes instead of ${sizeBytes}`)
  } catch (error) {
    await handle?.close()
    throw error instanceof CodedError ? error : new CodedError('SPOOL_FILE', errorMessage(error), { cause: error })
  }
}

async function readText(response: http.IncomingMessage, progress: () => void): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    progress()
    sizeBytes += chunk.length
    if (sizeBytes > MAX_READ_BYTES) throw new CodedError('STORAGE_TOO_LARGE', 'an answer of more than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function urlOf({ url }: HttpGrant): URL {
  if (!URL.canParse(url)) throw new CodedError('STORAGE_REFUSED', 'no URL')
  return new URL(url)
}

function refusal(status: number, text: string): CodedError {
  // S3 tells what is wrong in an XML document
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? ''
  const details = { details: { status, storage_code: code } }
  const told = code === '' ? `status ${status}` : `status ${status}, ${code}`
  if (status === 412 || status === 409)
    return new CodedError('STORAGE_PRECONDITION', `the object has changed: ${told}`, details)
  if (status === 401 || status === 403) return new CodedError('STORAGE_DENIED', `the storage answered ${told}`, details)
  return new CodedError('STORAGE_REFUSED', `the storage answered ${told}`, details)
}

const blocked = (message: string): CodedError =>
  new CodedError('STORAGE_ADDRESS_BLOCKED', `${message} (MILLRACE_STORAGE_ALLOW)`)

function failure(error: unknown, signal: AbortSignal): CodedError {
  if (signal.aborted) return new CodedError('STORAGE_ABORTED', 'broken off')
  if (errorCode(error) === 'ADDRESS_BLOCKED') return blocked(errorMessage(error))
  if (error instanceof CodedError) return error
  // never the URL, which opens the storage
  return new CodedError('STORAGE_UNREACHABLE', `the storage can't be reached: ${errorCode(error)}`, { cause: error })
}
