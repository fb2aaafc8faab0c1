import { setFlagsFromString } from 'node:v8'

import { runProgram } from '@millrace/telemetry'

// thousands of players make little garbage at a time, for which V8 would still grow its young generation by 25 MB
setFlagsFromString('--semi-space-growth-factor=1')

const args = process.argv.slice(2)
if (args.length > 0) {
  // `millrace node`: a configuration file instead of a control plane
  const { runWithConf } = await import('./srs-conf/run.ts')
  await runWithConf(args)
} else {
  const { compose } = await import('./compose.ts')
  const { readSettings } = await import('./settings.ts')
  await runProgram({
    name: 'node',
    async open(scope, logger) {
      const { ports } = await compose(readSettings(process.env), scope, logger)
      logger.info({ ...ports }, 'media node ready')
      return { ports }
    },
  })
}
