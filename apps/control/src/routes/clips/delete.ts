import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { deleteClip } from '../../services/archive/clips.ts'

/** `DELETE /v1/clips/{id}` */
export const deleteClipRoute = command({
  id: 'deleteClip',
  method: 'delete',
  path: '/v1/clips/{id}',
  tag: 'Clips',
  summary: 'Delete a clip and its file',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('clip') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await deleteClip(unit, params.id)),
})
