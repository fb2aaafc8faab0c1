import type { Readable } from 'node:stream'

/** What is written: bytes (not kept after the call), or a file of this machine, which stays where it is. */
export type ObjectSource = Uint8Array | { readonly file: string }

/** How an object is written. */
export interface PutOptions {
  /** Default by the key's extension. A local directory keeps none: there it is always the extension's. */
  contentType?: string
  /** `Cache-Control` of answers. A local directory keeps none. */
  cacheControl?: string
  /** Writes only over the object with this ETag. */
  ifMatch?: string
  /** `*`: writes only where no object is. */
  ifNoneMatch?: '*'
  /** Breaks it off. */
  signal?: AbortSignal
}

/** Which bytes of an object: from `start` to `end` inclusive, to its end without one. */
export interface ByteRange {
  start: number
  end?: number
}

/** How an object is read. */
export interface GetOptions {
  /** Clipped to the object's end; `STORAGE_RANGE_INVALID` when it starts behind it. */
  range?: ByteRange
  signal?: AbortSignal
}

/** What is known of an object without reading it. */
export interface ObjectHead {
  /** Of the whole object. */
  sizeBytes: number
  /** With its quotes; another one after each write. */
  etag: string
  contentType: string
  cacheControl: string | undefined
  modifiedAt: Date
}

/** An object that is being read. */
export interface ObjectBody extends ObjectHead {
  /** The bytes asked for. To be read to its end or destroyed; fails with a CodedError. */
  stream: Readable
  /** Which bytes `stream` has. */
  range: Required<ByteRange>
}

/** One object of a list. */
export interface ObjectEntry {
  key: string
  sizeBytes: number
  etag: string
  modifiedAt: Date
}

/** How objects are listed. */
export interface ListOptions {
  /** Only keys behind this one. */
  after?: string
  /** Keys per request, 1 to 1000; default 1000. */
  pageSize?: number
}

/** Bytes of each part but the last, at least. @see Amazon S3 User Guide, "Multipart upload limits" */
export const MIN_PART_BYTES = 5 * 1024 * 1024
/** Number of the last part there can be. */
export const MAX_PARTS = 10_000

/** An object that is written in parts. It is there after `complete`, and not at all before. */
export interface MultipartUpload {
  readonly key: string
  /** With which `ObjectStore.abortMultipart` ends it. */
  readonly uploadId: string
  /**
   * Writes one part, in any order and several at a time; the same number again replaces it. All but the one with the highest
   * number need `MIN_PART_BYTES`.
   *
   * @param number 1 to `MAX_PARTS`
   */
  part(number: number, bytes: Uint8Array): Promise<void>
  /** Joins the parts by their numbers. `STORAGE_PART_INVALID` for none, or one that is too small. */
  complete(): Promise<{ etag: string }>
  /** Forgets the parts. Does nothing when there are none, or after `complete`. */
  abort(): Promise<void>
}

/** An upload in parts that was begun and neither completed nor aborted. */
export interface PendingMultipart {
  key: string
  uploadId: string
  startedAt: Date
}

/**
 * Objects by key, in one place of an S3 bucket or of a directory. Keys are paths without a leading slash, relative to the
 * prefix of the storage, so that a store sees nothing outside it.
 *
 * All fail with ServiceError: `STORAGE_KEY_INVALID`, `OBJECT_NOT_FOUND`, `STORAGE_PRECONDITION` (a condition of `put` doesn't
 * hold), `STORAGE_DENIED`, `STORAGE_BUCKET_MISSING`, `STORAGE_UNREACHABLE` (no answer, or none but "later"; after retries),
 * `STORAGE_ADDRESS_BLOCKED`, `STORAGE_FULL`, `STORAGE_REFUSED` (anything else the storage says no to), `STORAGE_ABORTED` (by the
 * caller's signal).
 */
export interface ObjectStore {
  /** Writes an object whole or not at all. Readers of an older one keep reading that. */
  put(key: string, source: ObjectSource, options?: PutOptions): Promise<{ etag: string }>
  /** Begins to read an object: `OBJECT_NOT_FOUND` when there is none. */
  get(key: string, options?: GetOptions): Promise<ObjectBody>
  /** What is known of an object; undefined when there is none. */
  head(key: string): Promise<ObjectHead | undefined>
  /** Objects whose keys start with `prefix`, in the order of their keys' UTF-8 bytes. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectEntry>
  /** Deletes objects, as few requests as can be; missing ones are no error. */
  delete(keys: Iterable<string>): Promise<void>
  /** Copies within the store, up to 5 GiB. */
  copy(from: string, to: string): Promise<{ etag: string }>
  /** Begins an upload in parts. */
  multipart(key: string, options?: Pick<PutOptions, 'contentType' | 'cacheControl'>): Promise<MultipartUpload>
  /** Uploads in parts, of keys that start with `prefix`, that wait for more. */
  multiparts(prefix: string): AsyncIterable<PendingMultipart>
  /** Forgets an upload in parts, which may be gone already. */
  abortMultipart(key: string, uploadId: string): Promise<void>
}
