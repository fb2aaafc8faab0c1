import { overlayEnvironment, type Environment } from './environment.ts'
import { ConfigError, type Issue } from './issue.ts'
import { parseFile, type ConfigFiles, type Directive, type ParseLimits } from './parser.ts'
import { readConfig } from './read.ts'
import { rewriteLegacy } from './rewrite.ts'
import type { ServerConfig } from './schema/schema.ts'

/** A configuration, or why there is none. */
export interface LoadedConfig {
  /** Undefined when one of the issues is an error. */
  readonly config: ServerConfig | undefined
  /** What it was read from, in today's forms: where the directives stand. Empty when the grammar is broken. */
  readonly directives: readonly Directive[]
  /** File by file, in the order of their lines. */
  readonly issues: readonly Issue[]
}

export interface LoadOptions {
  readonly files: ConfigFiles
  /** Variables that `SRS_…` directives are taken from, default none. */
  readonly environment?: Environment
  readonly limits?: Partial<ParseLimits>
}

/** Reads a file with all that it includes, the environment over it, checks it, and fills in the defaults. */
export function loadConfig(file: string, { files, environment = {}, limits = {} }: LoadOptions): LoadedConfig {
  const issues: Issue[] = []
  const report = (issue: Issue): void => void issues.push(issue)
  let root: readonly Directive[]
  try {
    root = parseFile(file, files, limits)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, directives: [], issues: [error.issue] }
  }
  const directives = overlayEnvironment(rewriteLegacy(root, report), environment, report)
  const config = readConfig(directives, { file, line: 1, column: 1 }, report)
  const failed = issues.some(({ severity }) => severity === 'error')
  return { config: failed ? undefined : config, directives, issues: inOrder(issues) }
}

function inOrder(issues: readonly Issue[]): Issue[] {
  const files = [...new Set(issues.map(({ at }) => at.file))]
  const rank = new Map(files.map((name, index) => [name, index]))
  return issues.toSorted(
    ({ at: a }, { at: b }) => rank.get(a.file)! - rank.get(b.file)! || a.line - b.line || a.column - b.column,
  )
}

/** The vhost that stands for all whose names no vhost has. */
export const DEFAULT_VHOST_NAME = '__defaultVhost__'
