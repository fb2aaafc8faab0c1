import type { Issue, Position } from './issue.ts'
import type { Word } from './lexer.ts'
import { nearest } from './nearest.ts'
import type { Directive } from './parser.ts'
import { SCHEMA } from './schema/schema.ts'
import type { Fields, Leaf } from './schema/specification.ts'

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

interface Target {
  readonly path: readonly string[]
  readonly leaf: Leaf<unknown>
}

/** SRS knows these under a shorter name as well. */
const SHORT: Readonly<Record<string, string>> = {
  SRS_LOG_TANK: 'SRS_SRS_LOG_TANK',
  SRS_LOG_LEVEL: 'SRS_SRS_LOG_LEVEL',
  SRS_LOG_LEVEL_V2: 'SRS_SRS_LOG_LEVEL_V2',
  SRS_LOG_FILE: 'SRS_SRS_LOG_FILE',
}

/**
 * Sets directives from `SRS_…` variables, as SRS 5 does: the path in capitals, `_` for each dot; those of vhosts are for all of
 * them, or for the default vhost when there is none. Lists are separated by white space. `rtc_server.candidate` may name a
 * variable, `$NAME`.
 *
 * A variable that stands for no directive is a warning.
 */
export function overlayEnvironment(
  root: readonly Directive[],
  environment: Environment,
  report: (issue: Issue) => void,
): readonly Directive[] {
  const targets = targetsByVariable()
  let directives = withCandidate(root, environment)
  for (const [variable, value] of Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith('SRS_') || value === undefined || value.trim() === '') continue
    const at: Position = { file: `environment ${variable}`, line: 1, column: 1 }
    const target = targets.get(SHORT[variable] ?? variable)
    if (target) directives = set(directives, target.path, wordsOf(target.leaf, value, at), at)
    else {
      const near = nearest(variable, targets.keys())
      const hint = near === undefined ? '' : `, did you mean ${near}?`
      report({ severity: 'warning', code: 'CONFIG_UNKNOWN', message: `${variable} stands for no directive${hint}`, at })
    }
  }
  return directives
}

/** Variables that may be set, with the paths that they stand for. */
function targetsByVariable(): ReadonlyMap<string, Target> {
  return new Map(
    [...targetsOf(SCHEMA.fields, [])].map((target) => [`SRS_${target.path.join('_').toUpperCase()}`, target]),
  )
}

function* targetsOf(fields: Fields, above: readonly string[]): Generator<Target> {
  for (const [name, node] of Object.entries(fields)) {
    const path = [...above, name]
    if (node.kind === 'leaf') {
      if (node.fromEnvironment) yield { path, leaf: node }
    } else if (node.kind === 'block' || name === 'vhost') yield* targetsOf(node.fields, path)
  }
}

function wordsOf({ type }: Leaf<unknown>, value: string, at: Position): Word[] {
  const words = type.startsWith('list of') ? value.trim().split(/\s+/) : [value]
  return words.map((text) => ({ text, at }))
}

/** Sets a directive at a path instead of all that are there. */
function set(
  directives: readonly Directive[],
  path: readonly string[],
  args: readonly Word[],
  at: Position,
): Directive[] {
  const [name = '', ...rest] = path
  const others = directives.filter((directive) => directive.name !== name)
  if (rest.length === 0) return [...others, { name, args, children: undefined, at }]
  const there = directives.filter((directive) => directive.name === name)
  const first: Word[] = name === 'vhost' ? [{ text: '__defaultVhost__', at }] : []
  const blocks = there.length > 0 ? there : [{ name, args: first, children: [], at }]
  return [
    ...others,
    ...blocks.map((block) => ({ ...block, children: block.children && set(block.children, rest, args, at) })),
  ]
}

/** SRS 4 reads a variable where the candidate names one; what isn't set means any address. */
function withCandidate(root: readonly Directive[], environment: Environment): readonly Directive[] {
  return root.map((block) => {
    if (block.name !== 'rtc_server' || !block.children) return block
    const children = block.children.map((directive) => {
      const word = directive.args[0]
      if (directive.name !== 'candidate' || !word?.text.startsWith('$')) return directive
      const text = environment[word.text.slice(1)] || '*'
      return { ...directive, args: [{ text, at: word.at }] }
    })
    return { ...block, children }
  })
}
