/** `npm run check`: format, lint, types, dependency rules, dead code. Runs all, then fails if any failed. */
import { spawnSync } from 'node:child_process'

interface Step {
  name: string
  command: readonly [string, ...string[]]
  /** Text that the output must have, for tools that pass after looking at nothing. */
  mustPrint?: RegExp
}

const steps: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'types (web)', command: ['tsc', '-p', 'packages/web'] },
  {
    name: 'dependency rules',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'apps', 'packages'],
    mustPrint: /\([1-9]\d{1,} modules, /,
  },
  { name: 'dead code', command: ['knip'] },
]

const failed = steps.filter(({ name, command: [program, ...args], mustPrint }) => {
  const started = performance.now()
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  const output = `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`
  const passed = status === 0 && (mustPrint?.test(output) ?? true)
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${Math.round(performance.now() - started)} ms)`)
  if (!passed) console.log(output)
  return !passed
})
process.exit(failed.length === 0 ? 0 : 1)
