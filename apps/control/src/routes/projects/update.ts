import { idSchema, projectPatchSchema, projectSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateProject } from '../../services/projects.ts'

/** `PATCH /v1/projects/{id}` */
export const updateProjectRoute = command({
  id: 'updateProject',
  method: 'patch',
  path: '/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Change a project',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'admin',
  params: z.object({ id: idSchema('project') }),
  body: projectPatchSchema,
  answers: { 200: projectSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updateProject(unit, params.id, body, ifMatch)),
})
