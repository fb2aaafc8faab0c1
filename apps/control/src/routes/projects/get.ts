import { idSchema, projectSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getProject } from '../../services/projects.ts'

/** `GET /v1/projects/{id}` */
export const getProjectRoute = query({
  id: 'getProject',
  path: '/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Read a project',
  scope: 'admin',
  params: z.object({ id: idSchema('project') }),
  answers: { 200: projectSchema },
  run: async (unit, { params }) => okVersioned(await getProject(unit, params.id)),
})
