/**
 * `npm test [PATTERN …]`: installs the real peers the tests talk to, then runs every test file with node's runner.
 * `npm run test:slow`: runs those that have a long version, `*.scale.test.ts`, at full scale.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

import { installPeers } from './peers.ts'

const slow = process.argv[2] === '--slow'
const patterns = process.argv.slice(slow ? 3 : 2)
const suffix = slow ? 'scale.test.ts' : 'test.ts'
const all = ['packages/*/*/src', 'apps/*/src', 'test'].map((folder) => `${folder}/**/*.${suffix}`)
const files = globSync(patterns.length > 0 ? patterns : all)
if (files.length === 0) {
  console.error('millrace: no test file matches')
  process.exit(1)
}
installPeers()
const { status } = spawnSync(
  process.execPath,
  ['--test', slow ? '--test-timeout=1200000' : '--test-timeout=300000', '--test-reporter=spec', ...files.toSorted()],
  { stdio: 'inherit', env: { ...process.env, ...(slow && { MILLRACE_TEST_SCALE: 'full' }) } },
)
process.exit(status ?? 1)
