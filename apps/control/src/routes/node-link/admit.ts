import { admitAnswerSchema, admitRequestSchema } from '@millrace/contracts'

import { ok, procedure } from '../../http/route.ts'
import { admit } from '../../services/admission.ts'

/** `POST /node/v1/admit` */
export const admitRoute = procedure({
  id: 'nodeAdmit',
  method: 'post',
  path: '/node/v1/admit',
  tag: 'Node link',
  summary: 'May this client publish or play?',
  scope: 'nodes:link',
  link: true,
  body: admitRequestSchema,
  answers: { 200: admitAnswerSchema },
  async run(unit, { body }) {
    const answer = await admit(unit, body)
    Object.assign(unit.notes, { action: body.action, admission: answer.allow ? 'allowed' : answer.code })
    return ok(answer)
  },
})
