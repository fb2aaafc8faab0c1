import { pageOf, pageQueryOf, pushTargetSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listPushTargets } from '../../services/push-targets.ts'

/** `GET /v1/push-targets` */
export const listPushTargetsRoute = query({
  id: 'listPushTargets',
  path: '/v1/push-targets',
  tag: 'Push targets',
  summary: 'List push targets',
  scope: 'streams:read',
  query: pageQueryOf('pushTarget'),
  answers: { 200: pageOf(pushTargetSchema) },
  run: async (unit, { query: page }) => ok(await listPushTargets(unit, page)),
})
