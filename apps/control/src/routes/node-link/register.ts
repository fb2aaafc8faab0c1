import { nodeRegisterSchema, nodeRegisteredSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { registerNode } from '../../services/nodes.ts'

/** `POST /node/v1/register` */
export const registerRoute = command({
  id: 'nodeRegister',
  method: 'post',
  path: '/node/v1/register',
  tag: 'Node link',
  summary: 'Enter a node, or its next boot',
  scope: 'nodes:link',
  link: true,
  body: nodeRegisterSchema,
  answers: { 200: nodeRegisteredSchema },
  run: async (unit, { body }) => ok(await registerNode(unit, body)),
})
