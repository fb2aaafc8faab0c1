/** `npm test [PATTERN …]`: installs the real peers the tests talk to, then runs every test file with node's runner. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

import { installPeers } from './peers.ts'

const patterns = process.argv.slice(2)
const files = globSync(
  patterns.length > 0 ? patterns : ['packages/*/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
)
if (files.length === 0) {
  console.error('millrace: no test file matches')
  process.exit(1)
}
installPeers()
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-timeout=300000', '--test-reporter=spec', ...files.toSorted()],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
