import { pageOf, pageQueryOf, projectSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listProjects } from '../../services/projects.ts'

/** `GET /v1/projects` */
export const listProjectsRoute = query({
  id: 'listProjects',
  path: '/v1/projects',
  tag: 'Projects',
  summary: 'List projects',
  scope: 'admin',
  query: pageQueryOf('project'),
  answers: { 200: pageOf(projectSchema) },
  run: async (unit, { query: page }) => ok(await listProjects(unit, page)),
})
