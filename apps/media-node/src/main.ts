import { runProgram } from '@millrace/telemetry'

import { compose } from './compose.ts'
import { readSettings } from './settings.ts'

await runProgram({
  name: 'node',
  async open(scope, logger) {
    const ports = await compose(readSettings(process.env), scope, logger)
    logger.info({ ...ports }, 'media node ready')
    return { ports }
  },
})
