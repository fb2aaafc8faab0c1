import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { labelSchema, mergePatchOf } from './conventions.ts'

/** A folder inside a bucket or directory: no leading slash, no `..`. */
const prefixSchema = z
  .string()
  .max(512)
  .regex(/^(?!\/)[\w\-./]*$/, 'must be a path of letters, digits, -, _ and dots without a leading slash')
  .refine((prefix) => !prefix.split('/').includes('..'), { message: 'must have no ".." segment' })

/** Where objects are kept. The secret access key is not part of it. */
export const storageLocationSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('s3'),
    /** Of a server that isn't Amazon's; null for Amazon's own in `region`. */
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullable()
      .default(null),
    region: z.string().min(1).max(64).default('us-east-1'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket'),
    prefix: prefixSchema.default(''),
    /** True for servers that have no host name per bucket. */
    path_style: z.boolean().default(false),
    /** Null for the credentials of the machine. */
    access_key_id: z.string().min(1).max(256).nullable().default(null),
  }),
  z.strictObject({
    type: z.literal('local'),
    /** Absolute path on the nodes and workers. */
    directory: z
      .string()
      .max(1024)
      .regex(/^\/[^\0]*$/, 'must be an absolute path'),
    prefix: prefixSchema.default(''),
  }),
])
export type StorageLocation = z.infer<typeof storageLocationSchema>

/** What of a storage can be changed. */
export const storageSettingsSchema = z.strictObject({ name: labelSchema, location: storageLocationSchema })
export type StorageSettings = z.infer<typeof storageSettingsSchema>

/** Never shown again. */
const secretAccessKeySchema = z.string().min(1).max(512)

/** `POST /v1/storages` */
export const storageCreateSchema = storageSettingsSchema
  .extend({ secret_access_key: secretAccessKeySchema.nullable().default(null) })
  .meta({ id: 'StorageCreate' })
export type StorageCreate = z.infer<typeof storageCreateSchema>

/** `PATCH /v1/storages/{id}`; `location` as a whole, and the secret stays unless given. */
export const storagePatchSchema = mergePatchOf(storageCreateSchema).meta({ id: 'StoragePatch' })

export const storageSchema = z
  .object({
    id: idSchema('storage'),
    name: z.string(),
    location: storageLocationSchema,
    has_secret: z.boolean(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Storage' })
export type Storage = z.infer<typeof storageSchema>
