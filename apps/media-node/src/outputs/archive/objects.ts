import type { ObjectGrant } from '@millrace/contracts'

/** What is put: a file of the spool, or bytes. */
export type ObjectBody = { readonly file: string; readonly sizeBytes: number } | Uint8Array

export interface PutOptions {
  readonly contentType: string
  readonly cacheControl: string
  /** Only over the object with this ETag; null: only where there is none. Undefined: whatever there is. */
  readonly ifMatch?: string | null | undefined
  /** Longest time without progress. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/** An object that was read. */
export interface ReadObject {
  readonly text: string
  readonly etag: string
}

/**
 * Objects of a storage by way of grants for each. Errors are coded: `STORAGE_PRECONDITION` (a condition does not hold),
 * `STORAGE_DENIED` (401, 403: the grant is over, for example), `STORAGE_REFUSED` (any other status), `STORAGE_TIMEOUT`,
 * `STORAGE_UNREACHABLE`, `STORAGE_TOO_LARGE` (to be read), `STORAGE_DIRECTORY_NOT_ALLOWED`, `STORAGE_ADDRESS_BLOCKED`, `SPOOL_FILE` (the file is not as
 * it should be), `STORAGE_ABORTED` (by the signal).
 */
export interface ObjectAccess<G extends ObjectGrant = ObjectGrant> {
  put(grant: G, body: ObjectBody, options: PutOptions): Promise<{ etag: string | undefined }>
  /** The object, undefined when there is none. */
  get(grant: G, options: Pick<PutOptions, 'idleMs' | 'signal'>): Promise<ReadObject | undefined>
}

export type HttpGrant = Extract<ObjectGrant, { type: 'http' }>
export type FileGrant = Extract<ObjectGrant, { type: 'file' }>

/** Longest object that is read. */
export const MAX_READ_BYTES = 1 << 20
