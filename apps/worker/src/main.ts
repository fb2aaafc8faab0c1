import { runProgram } from '@millrace/telemetry'

import { readConfig } from './config.ts'
import { startWorker } from './worker.ts'

await runProgram({
  name: 'worker',
  async open(scope, log) {
    const config = readConfig(process.env)
    const metricsPort = await startWorker(scope, config, log)
    log.info({ queue: new URL(config.queueUrl).protocol, webhookAllow: config.webhookAllow }, 'ready')
    return { metricsPort }
  },
})
