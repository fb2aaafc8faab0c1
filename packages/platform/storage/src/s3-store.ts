import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import type { Readable } from 'node:stream'

import type { ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { StorageSse } from '@millrace/contracts'
import { errorCode } from '@millrace/core'

import type { StorageAgents } from './agents.ts'
import { codedStream } from './coded-stream.ts'
import { contentTypeOf } from './content-types.ts'
import { encryptionOf } from './encryption.ts'
import { aborted, storageError } from './errors.ts'
import { folderOf, fullKey } from './keys.ts'
import { localError } from './local-errors.ts'
import type { S3Location } from './locations.ts'
import type {
  ByteRange,
  GetOptions,
  ListOptions,
  MultipartUpload,
  ObjectBody,
  ObjectEntry,
  ObjectHead,
  ObjectSource,
  ObjectStore,
  PendingMultipart,
  PutOptions,
} from './object-store.ts'
import { DEFAULT_RETRY, retrying, type RetryOptions } from './retry.ts'
import { checkEndpoint, createClient, type CredentialSource, givenCredentials, loadSdk, type Sdk } from './s3-client.ts'
import { s3Error } from './s3-errors.ts'
import { type Bucket, S3Multipart } from './s3-multipart.ts'

/** Most keys of a page, and of one delete. */
const MAX_KEYS = 1000

/** Where an S3 store is, and who asks. */
export interface S3StoreOptions {
  location: S3Location
  /** Of what is written; null as the bucket does it by itself. */
  sse: StorageSse | null
  /** Null, with `access_key_id` null, for the credentials of the machine. */
  secretAccessKey: string | null
  agents: StorageAgents
  /** Those of the machine. */
  machine: CredentialSource
  /** Default five tries in a few seconds. */
  retry?: RetryOptions
}

/** Objects of a bucket. The SDK is loaded at the first call. */
export class S3Store implements ObjectStore {
  readonly #location: S3Location
  readonly #folder: string
  readonly #sse: StorageSse | null
  readonly #secret: string | null
  readonly #agents: StorageAgents
  readonly #machine: CredentialSource
  readonly #retry: RetryOptions
  #bucket: Promise<Bucket> | undefined

  constructor({ location, sse, secretAccessKey, agents, machine, retry = DEFAULT_RETRY }: S3StoreOptions) {
    this.#location = location
    this.#folder = folderOf(location.prefix)
    this.#sse = sse
    this.#secret = secretAccessKey
    this.#agents = agents
    this.#machine = machine
    this.#retry = retry
  }

  async put(key: string, source: ObjectSource, options: PutOptions = {}): Promise<{ etag: string }> {
    try {
      return await this.#put(key, source, options)
    } catch (error) {
      const { ifMatch } = options
      if (errorCode(error) !== 'STORAGE_PRECONDITION' || ifMatch === undefined) throw error
      if ((await this.head(key))?.etag !== ifMatch) throw error
      // it does hold: Ceph compares what is between the quotes with what was sent, quotes and all
      return this.#put(key, source, { ...options, ifMatch: ifMatch.replaceAll('"', '') })
    }
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<ObjectBody> {
    const input = { ...this.#named(key), ...(range && { Range: `bytes=${range.start}-${range.end ?? ''}` }) }
    const answer = await this.#ask(
      ({ sdk, client }) => client.send(new sdk.GetObjectCommand(input), { ...(signal && { abortSignal: signal }) }),
      signal,
    )
    const { start, end, sizeBytes } = servedRange(answer.ContentRange, answer.ContentLength ?? 0, range)
    return {
      ...headFrom(key, answer),
      sizeBytes,
      range: { start, end },
      stream: codedStream(answer.Body as Readable, (error) => (signal?.aborted ? aborted(error) : s3Error(error))),
    }
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const input = this.#named(key)
    try {
      return headFrom(key, await this.#ask(({ sdk, client }) => client.send(new sdk.HeadObjectCommand(input))))
    } catch (error) {
      if (errorCode(error) === 'OBJECT_NOT_FOUND') return undefined
      throw error
    }
  }

  async *list(prefix: string, { after, pageSize = MAX_KEYS }: ListOptions = {}): AsyncGenerator<ObjectEntry> {
    let token: string | undefined
    do {
      const input = {
        Bucket: this.#location.bucket,
        Prefix: this.#folder + prefix,
        MaxKeys: pageSize,
        ...(after !== undefined && { StartAfter: this.#folder + after }),
        ...(token !== undefined && { ContinuationToken: token }),
      }
      const page = await this.#ask(({ sdk, client }) => client.send(new sdk.ListObjectsV2Command(input)))
      for (const { Key: key = '', Size: sizeBytes = 0, ETag: etag = '', LastModified } of page.Contents ?? []) {
        yield {
          key: key.slice(this.#folder.length),
          sizeBytes,
          etag: quoted(etag),
          modifiedAt: LastModified ?? new Date(0),
        }
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async delete(keys: Iterable<string>): Promise<void> {
    const names = Array.from(keys, (key) => ({ Key: fullKey(this.#folder, key) }))
    for (let at = 0; at < names.length; at += MAX_KEYS) {
      const input = {
        Bucket: this.#location.bucket,
        Delete: { Objects: names.slice(at, at + MAX_KEYS), Quiet: true },
      }
      const { Errors: errors = [] } = await this.#ask(({ sdk, client }) =>
        client.send(new sdk.DeleteObjectsCommand(input)),
      )
      const [first] = errors.filter(({ Code }) => Code !== 'NoSuchKey')
      if (first === undefined) continue
      const code = first.Code === 'AccessDenied' ? 'STORAGE_DENIED' : 'STORAGE_REFUSED'
      throw storageError(code, `${errors.length} objects could not be deleted: ${first.Message ?? first.Code ?? ''}`)
    }
  }

  async copy(from: string, to: string): Promise<{ etag: string }> {
    const source = [this.#location.bucket, ...fullKey(this.#folder, from).split('/')]
    const input = {
      ...this.#named(to),
      ...encryptionOf(this.#sse),
      CopySource: source.map(encodeURIComponent).join('/'),
    }
    const { CopyObjectResult: result } = await this.#ask(({ sdk, client }) =>
      client.send(new sdk.CopyObjectCommand(input)),
    )
    return { etag: quoted(result?.ETag ?? '') }
  }

  async multipart(
    key: string,
    { contentType = contentTypeOf(key), cacheControl }: Pick<PutOptions, 'contentType' | 'cacheControl'> = {},
  ): Promise<MultipartUpload> {
    const input = {
      ...this.#named(key),
      ...encryptionOf(this.#sse),
      ContentType: contentType,
      ...(cacheControl !== undefined && { CacheControl: cacheControl }),
    }
    const { UploadId: uploadId } = await this.#ask(({ sdk, client }) =>
      client.send(new sdk.CreateMultipartUploadCommand(input)),
    )
    if (uploadId === undefined) throw storageError('STORAGE_REFUSED', 'the storage began no upload')
    return new S3Multipart(key, { Bucket: input.Bucket, Key: input.Key, UploadId: uploadId }, (work) => this.#ask(work))
  }

  async *multiparts(prefix: string): AsyncGenerator<PendingMultipart> {
    let page: ListMultipartUploadsCommandOutput | undefined
    do {
      const input = {
        Bucket: this.#location.bucket,
        Prefix: this.#folder + prefix,
        ...(page?.NextKeyMarker !== undefined && { KeyMarker: page.NextKeyMarker }),
        ...(page?.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
      }
      page = await this.#ask(({ sdk, client }) => client.send(new sdk.ListMultipartUploadsCommand(input)))
      for (const { Key: key = '', UploadId: uploadId = '', Initiated: startedAt = new Date(0) } of page.Uploads ?? []) {
        yield { key: key.slice(this.#folder.length), uploadId, startedAt }
      }
    } while (page.IsTruncated && page.NextKeyMarker !== undefined)
  }

  async abortMultipart(key: string, uploadId: string): Promise<void> {
    const input = { ...this.#named(key), UploadId: uploadId }
    try {
      await this.#ask(({ sdk, client }) => client.send(new sdk.AbortMultipartUploadCommand(input)))
    } catch (error) {
      if (errorCode(error) !== 'STORAGE_UPLOAD_GONE') throw error
    }
  }

  async #put(key: string, source: ObjectSource, options: PutOptions): Promise<{ etag: string }> {
    const { contentType = contentTypeOf(key), cacheControl, ifMatch, ifNoneMatch, signal } = options
    const input = {
      ...this.#named(key),
      ...encryptionOf(this.#sse),
      ContentType: contentType,
      ...(cacheControl !== undefined && { CacheControl: cacheControl }),
      ...(ifMatch !== undefined && { IfMatch: ifMatch }),
      ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
    }
    return this.#ask(async ({ sdk, client }) => {
      const body = await bodyOf(source)
      const { ETag: etag } = await client.send(new sdk.PutObjectCommand({ ...input, ...body }), {
        ...(signal && { abortSignal: signal }),
      })
      return { etag: etag ?? '' }
    }, signal)
  }

  #named(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#location.bucket, Key: fullKey(this.#folder, key) }
  }

  #ask<T>(work: (bucket: Bucket, attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return retrying(
      async (attempt) => {
        const bucket = await (this.#bucket ??= this.#open())
        try {
          return await work(bucket, attempt)
        } catch (error) {
          throw s3Error(error)
        }
      },
      this.#retry,
      signal,
    )
  }

  async #open(): Promise<Bucket> {
    checkEndpoint(this.#location.endpoint, this.#agents)
    const credentials = givenCredentials(this.#location, this.#secret) ?? this.#machine
    const sdk: Sdk = await loadSdk()
    const client: S3Client = createClient(sdk, this.#location, credentials, this.#agents)
    return { sdk, client }
  }
}

/** Ceph leaves the quotes out where the ETag stands in a body. */
const quoted = (etag: string): string => (etag.startsWith('"') ? etag : `"${etag}"`)

/** A body that is made anew for each try. */
async function bodyOf(source: ObjectSource): Promise<{ Body: Uint8Array | Readable; ContentLength: number }> {
  if (source instanceof Uint8Array) return { Body: source, ContentLength: source.byteLength }
  try {
    const { size } = await fs.stat(source.file)
    return { Body: createReadStream(source.file), ContentLength: size }
  } catch (error) {
    throw localError(error)
  }
}

interface Answer {
  ContentLength?: number | undefined
  ContentType?: string | undefined
  CacheControl?: string | undefined
  ETag?: string | undefined
  LastModified?: Date | undefined
}

function headFrom(key: string, answer: Answer): ObjectHead {
  return {
    sizeBytes: answer.ContentLength ?? 0,
    etag: answer.ETag ?? '',
    contentType: answer.ContentType ?? contentTypeOf(key),
    cacheControl: answer.CacheControl,
    modifiedAt: answer.LastModified ?? new Date(0),
  }
}

/** From `Content-Range: bytes 0-9/100`; all of the object without one. @see RFC 9110 §14.4 */
function servedRange(
  contentRange: string | undefined,
  length: number,
  asked: ByteRange | undefined,
): Required<ByteRange> & { sizeBytes: number } {
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? []
  if (size !== undefined) return { start: Number(start), end: Number(end), sizeBytes: Number(size) }
  if (asked !== undefined && asked.start > 0) {
    throw storageError('STORAGE_REFUSED', 'the storage does not serve ranges of objects')
  }
  return { start: 0, end: length - 1, sizeBytes: length }
}
