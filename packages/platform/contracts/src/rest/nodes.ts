import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { nodeAddressesSchema, nodeLoadSchema } from '../node-link.ts'

/** A media node. */
export const nodeSchema = z
  .object({
    id: idSchema('node'),
    name: z.string(),
    version: z.string(),
    region: z.string().nullable(),
    state: z.enum(['ready', 'draining', 'lost']),
    addresses: nodeAddressesSchema,
    load: nodeLoadSchema.nullable(),
    registered_at: timestampSchema,
    last_seen_at: timestampSchema,
  })
  .meta({ id: 'Node' })
export type NodeInfo = z.infer<typeof nodeSchema>

/** `GET /v1/health` */
export const healthSchema = z
  .object({ status: z.literal('ok'), version: z.string(), time: timestampSchema })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof healthSchema>
