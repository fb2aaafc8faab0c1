import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'

/** Work that goes on after the answer that began it (202). */
export const jobSchema = z
  .object({
    id: idSchema('job'),
    /** `webhook_endpoint.redeliver`, … */
    type: z.string(),
    /** The resource that it works on. */
    subject: z.object({ type: z.string(), id: z.string() }),
    status: z.enum(['queued', 'running', 'succeeded', 'failed']),
    /** Items done so far. */
    done: z.int(),
    /** Of so many; null while that is unknown. */
    total: z.int().nullable(),
    /** Code of the failure. */
    error_code: z.string().nullable(),
    started_at: timestampSchema.nullable(),
    finished_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof jobSchema>
