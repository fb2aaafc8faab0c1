import { nodeReportBatchSchema, nodeReportsAnswerSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { applyReports } from '../../services/reports.ts'

/** `POST /node/v1/reports` */
export const reportsRoute = command({
  id: 'nodeReports',
  method: 'post',
  path: '/node/v1/reports',
  tag: 'Node link',
  summary: 'What happened on the node, in order',
  scope: 'nodes:link',
  link: true,
  body: nodeReportBatchSchema,
  answers: { 200: nodeReportsAnswerSchema },
  run: async (unit, { body }) => ok(await applyReports(unit, body)),
})
