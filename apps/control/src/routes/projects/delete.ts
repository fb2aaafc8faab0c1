import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteProject } from '../../services/projects.ts'

/** `DELETE /v1/projects/{id}` */
export const deleteProjectRoute = command({
  id: 'deleteProject',
  method: 'delete',
  path: '/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Delete a project',
  scope: 'admin',
  params: z.object({ id: idSchema('project') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deleteProject(unit, params.id, ifMatch)
    return noContent
  },
})
