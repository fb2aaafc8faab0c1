#!/usr/bin/env node
/** `millrace`: the command line. */
import { errorCode, errorMessage } from '@millrace/core'

import { UsageError } from './arguments.ts'
import { run } from './run.ts'

try {
  process.exitCode = await run(process.argv.slice(2), process.env, (text) => void process.stdout.write(text))
} catch (error) {
  const usage = error instanceof UsageError
  process.stderr.write(usage ? `${error.message}\n` : `millrace: ${errorMessage(error)} (${errorCode(error)})\n`)
  process.exitCode = usage ? 2 : 1
}
