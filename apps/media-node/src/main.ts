import { setFlagsFromString } from 'node:v8'

import { runProgram } from '@millrace/telemetry'

import { compose } from './compose.ts'
import { readSettings } from './settings.ts'

// thousands of players make little garbage at a time, for which V8 would still grow its young generation by 25 MB
setFlagsFromString('--semi-space-growth-factor=1')

await runProgram({
  name: 'node',
  async open(scope, logger) {
    const { ports } = await compose(readSettings(process.env), scope, logger)
    logger.info({ ...ports }, 'media node ready')
    return { ports }
  },
})
