import { nodeHeartbeatAnswerSchema, nodeHeartbeatSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { heartbeat } from '../../services/nodes.ts'

/** `POST /node/v1/heartbeat` */
export const heartbeatRoute = command({
  id: 'nodeHeartbeat',
  method: 'post',
  path: '/node/v1/heartbeat',
  tag: 'Node link',
  summary: 'The node is alive, and carries this',
  scope: 'nodes:link',
  link: true,
  body: nodeHeartbeatSchema,
  answers: { 200: nodeHeartbeatAnswerSchema },
  run: async (unit, { body }) => ok(await heartbeat(unit, body)),
})
