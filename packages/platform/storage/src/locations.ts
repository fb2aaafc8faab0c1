import type { StorageLocation } from '@millrace/contracts'

/** A bucket, without its secret. */
export type S3Location = Extract<StorageLocation, { type: 's3' }>
