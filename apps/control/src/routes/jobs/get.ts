import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getJob } from '../../services/jobs.ts'

/** `GET /v1/jobs/{id}` */
export const getJobRoute = query({
  id: 'getJob',
  path: '/v1/jobs/{id}',
  tag: 'Jobs',
  summary: 'Read how far a job has come',
  scope: 'events:read',
  params: z.object({ id: idSchema('job') }),
  answers: { 200: jobSchema },
  run: async (unit, { params }) => ok(await getJob(unit, params.id)),
})
