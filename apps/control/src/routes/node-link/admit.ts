import { admitAnswerSchema, admitRequestSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { admit } from '../../services/admission.ts'

/** `POST /node/v1/admit` */
export const admitRoute = command({
  id: 'nodeAdmit',
  method: 'post',
  path: '/node/v1/admit',
  tag: 'Node link',
  summary: 'May this client publish or play?',
  scope: 'nodes:link',
  link: true,
  body: admitRequestSchema,
  answers: { 200: admitAnswerSchema },
  run: async (unit, { body }) => ok(await admit(unit, body)),
})
