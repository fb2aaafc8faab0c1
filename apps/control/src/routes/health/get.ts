import { healthSchema } from '@millrace/contracts'

import { ok, publicQuery, type Route } from '../../http/route.ts'
import { getHealth } from '../../services/health.ts'

/** @param version of the program */
export const getHealthRoute = (version: string): Route =>
  publicQuery({
    id: 'getHealth',
    path: '/v1/health',
    tag: 'Health',
    summary: 'Whether the control plane and its database answer',
    answers: { 200: healthSchema },
    run: async (unit) => ok(await getHealth(unit, version)),
  })
