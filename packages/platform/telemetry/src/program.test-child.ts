/** A program of the tests. Argument: `serve`, `fail`, `crash` or `hang`. */
import { setTimeout as sleep } from 'node:timers/promises'

import { ServiceError } from '@millrace/core'

import { runProgram } from './program.ts'

const mode = process.argv[2]
await runProgram({
  name: 'child',
  closeTimeoutMs: 300,
  async open(scope, log) {
    if (mode === 'fail') throw new ServiceError('CHILD_BROKEN', 'no database at postgres://a:hunter2@h/db')
    // keeps the event loop alive, as a listener would
    const alive = setInterval(() => {}, 1000)
    scope.defer(() => clearInterval(alive))
    scope.defer(() => log.info({}, 'closed'))
    if (mode === 'hang') scope.defer(() => sleep(60_000))
    if (mode === 'crash') setImmediate(() => Promise.reject(new ServiceError('CHILD_CRASHED', 'boom')))
    return { port: 1 }
  },
})
