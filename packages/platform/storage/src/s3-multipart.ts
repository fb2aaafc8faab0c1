import type { S3Client } from '@aws-sdk/client-s3'
import { errorCode } from '@millrace/core'

import { storageError } from './errors.ts'
import type { MultipartUpload } from './object-store.ts'
import { checkPartNumber, checkParts } from './parts.ts'
import type { Sdk } from './s3-client.ts'

/** What requests are made with. */
export interface Bucket {
  sdk: Sdk
  client: S3Client
}

type Ask = <T>(work: (bucket: Bucket, attempt: number) => Promise<T>) => Promise<T>

/** An upload in parts to a bucket. */
export class S3Multipart implements MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly #upload: { Bucket: string; Key: string; UploadId: string }
  readonly #ask: Ask
  readonly #parts = new Map<number, { etag: string; sizeBytes: number }>()

  constructor(key: string, upload: { Bucket: string; Key: string; UploadId: string }, ask: Ask) {
    this.key = key
    this.uploadId = upload.UploadId
    this.#upload = upload
    this.#ask = ask
  }

  async part(number: number, bytes: Uint8Array): Promise<void> {
    checkPartNumber(number)
    const input = { ...this.#upload, PartNumber: number, Body: bytes, ContentLength: bytes.byteLength }
    const { ETag: etag } = await this.#ask(({ sdk, client }) => client.send(new sdk.UploadPartCommand(input)))
    if (etag === undefined) throw storageError('STORAGE_REFUSED', 'the storage gave no ETag of a part')
    this.#parts.set(number, { etag, sizeBytes: bytes.byteLength })
  }

  async complete(): Promise<{ etag: string }> {
    const parts = [...this.#parts]
      .map(([number, part]) => ({ number, ...part }))
      .toSorted((a, b) => a.number - b.number)
    checkParts(parts)
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
    const input = {
      ...this.#upload,
      MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    }
    return this.#ask(async (bucket, attempt) => {
      try {
        const { ETag: etag } = await bucket.client.send(new bucket.sdk.CompleteMultipartUploadCommand(input))
        // not every server tells it here
        return { etag: etag || (await this.#objectOf(bucket)).etag }
      } catch (error) {
        if (attempt === 0) throw error
        // the answer to an earlier try may be lost, but not what it did
        const object = await this.#objectOf(bucket).catch(() => undefined)
        if (object?.sizeBytes !== sizeBytes) throw error
        return { etag: object.etag }
      }
    })
  }

  async abort(): Promise<void> {
    try {
      await this.#ask(({ sdk, client }) => client.send(new sdk.AbortMultipartUploadCommand(this.#upload)))
    } catch (error) {
      if (errorCode(error) !== 'STORAGE_UPLOAD_GONE') throw error
    }
  }

  async #objectOf({ sdk, client }: Bucket): Promise<{ etag: string; sizeBytes: number | undefined }> {
    const { Bucket: name, Key } = this.#upload
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket: name, Key }))
    return { etag: head.ETag ?? '', sizeBytes: head.ContentLength }
  }
}
