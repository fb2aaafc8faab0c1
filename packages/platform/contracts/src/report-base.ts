import { z } from 'zod'

import { timestampSchema } from './common.ts'

/** What every report of a node has. */
export const numbered = {
  /** 1, 2, 3 … within a boot. */
  seq: z.int().min(1),
  at: timestampSchema,
  /** W3C trace context of the work that it is part of, if that is traced. */
  traceparent: z.string().max(64).optional(),
}
