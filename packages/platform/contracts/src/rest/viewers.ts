import { z } from 'zod'

import { idSchema, protocolSchema, timestampSchema } from '../common.ts'
import { clientSchema } from '../node-link.ts'
import { pageQueryOf } from './conventions.ts'

/** Somebody who watches now. Nodes report every few seconds. */
export const viewerSchema = z
  .object({
    id: idSchema('viewer'),
    stream_id: idSchema('stream'),
    node_id: idSchema('node'),
    protocol: protocolSchema,
    client: clientSchema,
    joined_at: timestampSchema,
  })
  .meta({ id: 'Viewer' })
export type Viewer = z.infer<typeof viewerSchema>

/** `GET /v1/viewers` */
export const viewerQuerySchema = pageQueryOf('viewer').extend({ stream: idSchema('stream').optional() })
export type ViewerQuery = z.infer<typeof viewerQuerySchema>
