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
    region: z
      .string()
      .max(64)
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be the name of a region')
      .default('us-east-1'),
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

/** How an S3 server is to encrypt what it keeps. */
export const storageSseSchema = z
  .strictObject({
    algorithm: z.enum(['AES256', 'aws:kms']),
    /** Of `aws:kms`; null for the server's own key. */
    kms_key_id: z.string().min(1).max(2048).nullable().default(null),
  })
  .refine(({ algorithm, kms_key_id: key }) => algorithm === 'aws:kms' || key === null, {
    path: ['kms_key_id'],
    message: 'is for aws:kms only',
  })
export type StorageSse = z.infer<typeof storageSseSchema>

/** Where everybody can read what is kept: a CDN, or the bucket itself. */
const publicBaseUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((url) => !/[?#]/.test(url), { message: 'must have no query and no fragment' })

/** What of a storage can be changed. */
export const storageSettingsSchema = z.strictObject({
  name: labelSchema,
  location: storageLocationSchema,
  /** Null when only this service reads it. Its path stands before the storage's prefix. */
  public_base_url: publicBaseUrlSchema.nullable().default(null),
  /** Null as the bucket does it by itself. */
  sse: storageSseSchema.nullable().default(null),
})
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
    public_base_url: z.string().nullable(),
    sse: storageSseSchema.nullable(),
    has_secret: z.boolean(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Storage' })
export type Storage = z.infer<typeof storageSchema>

/** `POST /v1/storages/{id}:test`: what works. */
export const storageTestSchema = z
  .object({
    /** Whether all that is needed works. */
    ok: z.boolean(),
    checks: z.array(
      z.object({
        /** `cors` is for information: only players in browsers need it. */
        name: z.enum(['put', 'get', 'range', 'list', 'multipart', 'conditional_put', 'delete', 'cors']),
        ok: z.boolean(),
        code: z.string().nullable(),
        message: z.string().nullable(),
        duration_ms: z.number(),
      }),
    ),
  })
  .meta({ id: 'StorageTest' })
export type StorageTest = z.infer<typeof storageTestSchema>
