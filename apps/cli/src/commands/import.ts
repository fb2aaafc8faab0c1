import { globSync, readFileSync } from 'node:fs'

import { answerOf, rows, type components, type MillraceClient } from '@millrace/client'
import { issueText, loadConfig, positionText, type ConfigFiles } from '@millrace/config'
import { CodedError, errorCode, errorMessage } from '@millrace/core'

import { expectWords, readArguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { clientOf, type Context } from '../context.ts'
import { planOf, type Leftover, type VhostPlan } from '../import/plan.ts'
import { changesOf } from '../import/take-over.ts'

type Vhost = components['schemas']['Vhost']
type VhostPatch = components['schemas']['VhostPatch']

const USAGE = 'millrace import FILE [--dry-run] [--fewer-guards] [--json]'

/** What becomes, or became, of a vhost. */
interface Result extends VhostPlan {
  readonly state: 'created' | 'updated' | 'unchanged'
  /** Names of the settings that are other than before. */
  readonly changed: readonly string[]
}

const FILES: ConfigFiles = {
  read(file) {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  },
  glob: (pattern) => globSync(pattern).toSorted(),
}

/**
 * `millrace import srs.conf`: makes vhosts of the control plane of those of a file, or changes them. What the file doesn't say, or
 * turns off, stays as it is there. All of the file is checked before anything is changed. What would let more in than the file does
 * is done with `--fewer-guards` only.
 *
 * @throws CodedError `CLI_CONFIG`, `CLI_FEWER_GUARDS`, `CLI_VHOST_ALIAS`, or the code of the control plane
 */
export const importConfig: Command = async (args, context) => {
  const given = readArguments(args, { 'dry-run': { type: 'boolean' }, 'fewer-guards': { type: 'boolean' } }, USAGE)
  const [file = ''] = expectWords(given.words, ['FILE'], USAGE)
  const dryRun = given.options['dry-run'] === true
  const loaded = loadConfig(file, { files: FILES })
  const plan = planOf(loaded)
  if (!dryRun && given.options['fewer-guards'] !== true) refuseFewerGuards(plan.vhosts)
  const warnings = loaded.issues.filter(({ severity }) => severity === 'warning')
  const client = clientOf(context)
  const current = await vhostsByName(client, plan.vhosts)
  const report: Result[] = []
  for (const vhost of plan.vhosts) {
    report.push(await bring(client, vhost, current.get(vhost.name), dryRun))
  }
  if (context.json) {
    const value = { dry_run: dryRun, vhosts: report, left: plan.left, warnings }
    context.print(`${JSON.stringify(value, null, 2)}\n`)
    return 0
  }
  for (const issue of warnings) context.print(`${issueText(issue)}\n`)
  for (const result of report) printResult(context, result, current.get(result.name), dryRun)
  if (report.length === 0) context.print('the file has no vhost\n')
  printLeft(context, 'outside of vhosts, without a place', plan.left)
  return 0
}

function refuseFewerGuards(vhosts: readonly VhostPlan[]): void {
  const lost = vhosts.flatMap(({ left }) => left.filter(({ guard }) => guard))
  if (lost.length === 0) return
  const lines = lost.map(({ at, directive, reason }) => `${positionText(at)}: ${directive}: ${reason}`)
  throw new CodedError(
    'CLI_FEWER_GUARDS',
    ['these keep somebody out, and have no place in the control plane; --fewer-guards goes on without:', ...lines].join(
      '\n  ',
    ),
  )
}

async function vhostsByName(client: MillraceClient, wanted: readonly VhostPlan[]): Promise<Map<string, Vhost>> {
  const all = await Array.fromAsync(
    rows((cursor) => answerOf(client.GET('/v1/vhosts', { params: { query: { limit: 100, ...cursor } } }))),
  )
  for (const { name } of wanted) {
    const other = all.find(({ aliases }) => aliases.includes(name))
    if (other) throw new CodedError('CLI_VHOST_ALIAS', `${name} is an alias of the vhost ${other.name} already`)
  }
  return new Map(all.map((vhost) => [vhost.name, vhost]))
}

/** Makes a vhost what the plan says, unless it is only asked what would be done. */
async function bring(
  client: MillraceClient,
  plan: VhostPlan,
  current: Vhost | undefined,
  dryRun: boolean,
): Promise<Result> {
  const { name, access, settings } = plan
  const changes = current ? changesOf({ ...current }, settings) : { access, ...settings }
  const changed = Object.keys(changes)
  try {
    if (!current) {
      if (!dryRun) await answerOf(client.POST('/v1/vhosts', { body: { name, access, ...settings } }))
      return { ...plan, state: 'created', changed }
    }
    if (changed.length === 0) return { ...plan, state: 'unchanged', changed }
    const params = { path: { id: current.id } }
    if (!dryRun) await answerOf(client.PATCH('/v1/vhosts/{id}', { params, body: changes as VhostPatch }))
    return { ...plan, state: 'updated', changed }
  } catch (error) {
    throw new CodedError(errorCode(error), `vhost ${name}: ${errorMessage(error)}`, { cause: error })
  }
}

function printResult({ print, ...context }: Context, result: Result, before: Vhost | undefined, dryRun: boolean): void {
  const { name, state, settings, changed, access, left } = result
  const done = dryRun && state !== 'unchanged' ? `would be ${state}` : state
  print(`vhost ${name}: ${done}\n`)
  const kept = before?.access ?? access
  print(`  access ${kept}${before ? ', as it was' : ''}${kept === 'keyed' ? ': publishers need stream keys' : ''}\n`)
  for (const [setting, value] of Object.entries(settings)) {
    print(`  ${setting} ${JSON.stringify(value)}${changed.includes(setting) ? '' : ' (as it was)'}\n`)
  }
  printLeft({ print, ...context }, '  without a place', left)
}

function printLeft({ print }: Context, title: string, left: readonly Leftover[]): void {
  if (left.length === 0) return
  print(`${title}:\n`)
  for (const { at, directive, reason, guard } of left) {
    print(`    ${positionText(at)}: ${guard ? 'warning: ' : ''}${directive}: ${reason}\n`)
  }
}
