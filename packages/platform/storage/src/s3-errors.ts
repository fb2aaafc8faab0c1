import { CodedError, errorCode, errorMessage } from '@millrace/core'

import { storageError, type StorageErrorCode } from './errors.ts'

/** Codes of S3's own. @see Amazon S3 API Reference, "Error responses" */
const BY_NAME: Readonly<Record<string, StorageErrorCode>> = {
  AbortError: 'STORAGE_ABORTED',
  ConditionalRequestConflict: 'STORAGE_PRECONDITION',
  CredentialsProviderError: 'STORAGE_CREDENTIALS_MISSING',
  InvalidRange: 'STORAGE_RANGE_INVALID',
  NoSuchBucket: 'STORAGE_BUCKET_MISSING',
  NoSuchKey: 'OBJECT_NOT_FOUND',
  NoSuchUpload: 'STORAGE_UPLOAD_GONE',
  NotFound: 'OBJECT_NOT_FOUND',
  NotImplemented: 'STORAGE_REFUSED',
  QuotaExceeded: 'STORAGE_FULL',
  RequestTimeout: 'STORAGE_UNREACHABLE',
}

const BY_STATUS: Readonly<Record<number, StorageErrorCode>> = {
  401: 'STORAGE_DENIED',
  403: 'STORAGE_DENIED',
  404: 'OBJECT_NOT_FOUND',
  408: 'STORAGE_UNREACHABLE',
  412: 'STORAGE_PRECONDITION',
  416: 'STORAGE_RANGE_INVALID',
  429: 'STORAGE_UNREACHABLE',
  507: 'STORAGE_FULL',
}

/** What an error of the SDK, or of the connection below it, says of a store. */
export function s3Error(error: unknown): CodedError {
  if (error instanceof CodedError) {
    if (error.code !== 'ADDRESS_BLOCKED') return error
    return storageError('STORAGE_ADDRESS_BLOCKED', `${error.message} (MILLRACE_STORAGE_ALLOW)`, { cause: error })
  }
  const name = error instanceof Error ? error.name : ''
  const status = statusOf(error)
  const code = BY_NAME[name] ?? (status === undefined ? codeOfSocket(error) : codeOfStatus(status))
  return storageError(code, errorMessage(error) || errorCode(error), {
    details: { ...(name !== '' && { reason: name }), ...(status !== undefined && { http_status: status }) },
    cause: error,
  })
}

function codeOfStatus(status: number): StorageErrorCode {
  return BY_STATUS[status] ?? (status >= 500 ? 'STORAGE_UNREACHABLE' : 'STORAGE_REFUSED')
}

/** Without an answer it is the connection; what has no code of a socket is the SDK's dislike of what it was given. */
function codeOfSocket(error: unknown): StorageErrorCode {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  return isTimeout || errorCode(error) !== 'UNKNOWN' ? 'STORAGE_UNREACHABLE' : 'STORAGE_REFUSED'
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode
}
