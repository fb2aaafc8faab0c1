import type { StorageSse } from '@millrace/contracts'

/** Parameters of the SDK's for a request that writes. @see Amazon S3 User Guide, "Server-side encryption" */
export function encryptionOf(sse: StorageSse | null): {
  ServerSideEncryption?: 'AES256' | 'aws:kms'
  SSEKMSKeyId?: string
} {
  if (sse === null) return {}
  return { ServerSideEncryption: sse.algorithm, ...(sse.kms_key_id !== null && { SSEKMSKeyId: sse.kms_key_id }) }
}

/** The same as headers, which the signature of a URL has to cover. */
export function encryptionHeaders(sse: StorageSse | null): Record<string, string> {
  if (sse === null) return {}
  return {
    'x-amz-server-side-encryption': sse.algorithm,
    ...(sse.kms_key_id !== null && { 'x-amz-server-side-encryption-aws-kms-key-id': sse.kms_key_id }),
  }
}
