import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { kickViewer } from '../../services/viewers.ts'

/** `DELETE /v1/viewers/{id}` */
export const kickViewerRoute = command({
  id: 'kickViewer',
  method: 'delete',
  path: '/v1/viewers/{id}',
  tag: 'Viewers',
  summary: 'End the connection of a viewer',
  description: 'The job is done when the node has ended it. Keep the viewer out with rules, a hook or playback tokens.',
  scope: 'streams:write',
  params: z.object({ id: idSchema('viewer') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await kickViewer(unit, params.id)),
})
