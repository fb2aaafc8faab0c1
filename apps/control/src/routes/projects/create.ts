import { projectCreateSchema, projectCreatedSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createProject } from '../../services/projects.ts'

/** `POST /v1/projects` */
export const createProjectRoute = command({
  id: 'createProject',
  method: 'post',
  path: '/v1/projects',
  tag: 'Projects',
  summary: 'Create a project',
  description:
    'By an admin token of the default project. `token`, the new project’s first, is shown in this answer only.',
  scope: 'admin',
  body: projectCreateSchema,
  answers: { 201: projectCreatedSchema },
  async run(unit, { body }) {
    const { value, version } = await createProject(unit, body)
    return created(value, `/v1/projects/${value.id}`, version)
  },
})
