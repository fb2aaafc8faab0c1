import { z } from 'zod'

import type { IdKind } from '../common.ts'
import { idSchema } from '../common.ts'

/** Most rows of a page, and how many without `limit`. */
export const PAGE_LIMITS = { max: 100, default: 20 } as const

/** `?limit=&after=` of every list. `after` is the id of the last row seen. */
export const pageQueryOf = (kind: IdKind) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(PAGE_LIMITS.max).default(PAGE_LIMITS.default),
    after: idSchema(kind).optional(),
  })
export type PageQuery = z.infer<ReturnType<typeof pageQueryOf>>

/** A page of rows, newest first. `next` is the `after` of the next page. */
export const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ data: z.array(row), has_more: z.boolean(), next: z.string().nullable() })

/** A page of `T`. */
export interface Page<T> {
  data: T[]
  has_more: boolean
  next: string | null
}

/** The body of every error. @see RFC 9457 */
export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    /** The status in words. */
    title: z.string(),
    status: z.int(),
    /** For people. */
    detail: z.string(),
    /** Stable; the only thing to branch on. */
    code: z.string(),
    request_id: z.string(),
    /** Which parts of the request are wrong. */
    errors: z
      .array(
        z.object({
          /** JSON pointer into the body, or the name of a query parameter. */
          pointer: z.string(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problemSchema>

/** Longest `Idempotency-Key`. */
export const MAX_IDEMPOTENCY_KEY = 255

/** A title, a name: one line for people. */
export const labelSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')

/**
 * A JSON merge patch of an object schema: every field may be missing or null, in the objects inside it too.
 *
 * @see RFC 7396
 */
export function mergePatchOf<S extends z.ZodRawShape>(schema: z.ZodObject<S>): z.ZodType<Record<string, unknown>> {
  const fields = Object.entries(schema.shape).map(([name, field]) => [
    name,
    patchOf(field as z.ZodType)
      .nullable()
      .optional(),
  ])
  return z.strictObject(Object.fromEntries(fields) as z.ZodRawShape) as unknown as z.ZodType<Record<string, unknown>>
}

/** The same without defaults, which would change what the patch doesn't name. */
function patchOf(field: z.ZodType): z.ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodNullable) return patchOf(field.unwrap() as z.ZodType)
  if (field instanceof z.ZodRecord) return z.record(z.string(), (field.valueType as z.ZodType).nullable())
  if (field instanceof z.ZodObject) return mergePatchOf(field)
  return field
}
