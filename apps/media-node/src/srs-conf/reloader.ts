import { randomUUID } from 'node:crypto'

import { diffConfigs, issueText, type Change, type LoadedConfig, type ServerConfig } from '@millrace/config'
import type { Logger } from '@millrace/core'

export interface ReloaderDeps {
  /** Reads the file again. */
  load: () => LoadedConfig
  /** Makes the node follow what can be followed while it runs. */
  apply: (config: ServerConfig) => void
  logger: Logger
}

/** What came of a reload. */
export type ReloadResult =
  | { readonly type: 'failed'; readonly errors: readonly string[] }
  | { readonly type: 'unchanged' }
  | { readonly type: 'applied'; readonly changes: readonly Change[] }

/** Reads the file again when asked to; a file that is wrong changes nothing. */
export class Reloader {
  readonly #deps: ReloaderDeps
  /** Directives of which it was said that a change of them has no effect. */
  readonly #said = new Set<string>()
  #config: ServerConfig
  #last: { readonly id: string; readonly result: ReloadResult } | undefined

  constructor(config: ServerConfig, deps: ReloaderDeps) {
    this.#config = config
    this.#deps = deps
  }

  /** The file as it was read last without an error. */
  get config(): ServerConfig {
    return this.#config
  }

  /** The last reload, under an id of its own. */
  get last(): { readonly id: string; readonly result: ReloadResult } | undefined {
    return this.#last
  }

  reload(): ReloadResult {
    const result = this.#reload()
    this.#last = { id: randomUUID().slice(0, 8), result }
    return result
  }

  #reload(): ReloadResult {
    const { load, apply, logger } = this.#deps
    const { config, issues } = load()
    if (!config) {
      const errors = issues.filter(({ severity }) => severity === 'error').map(issueText)
      for (const error of errors.slice(0, MAX_LOGGED)) logger.error({}, error)
      logger.error({ errors: errors.length }, 'configuration not reloaded: the node goes on as before')
      return { type: 'failed', errors }
    }
    const changes = diffConfigs(this.#config, config)
    this.#config = config
    if (changes.length === 0) {
      logger.info({}, 'configuration reloaded: nothing has changed')
      return { type: 'unchanged' }
    }
    apply(config)
    this.#tell(changes)
    return { type: 'applied', changes }
  }

  #tell(changes: readonly Change[]): void {
    const { logger } = this.#deps
    const active = changes.filter(({ status }) => status.type === 'active')
    const paths = (of: readonly Change[]): string[] => of.slice(0, MAX_LOGGED).map(({ path }) => path)
    const late = active.filter(({ reload }) => reload === 'restart')
    logger.info({ changes: paths(active.filter((change) => !late.includes(change))) }, 'configuration reloaded')
    if (late.length > 0) logger.warn({ changes: paths(late) }, 'these changes need a restart')
    const idle = changes.filter(({ directive, status }) => status.type !== 'active' && !this.#said.has(directive))
    for (const { directive } of idle) this.#said.add(directive)
    if (idle.length > 0) logger.warn({ changes: paths(idle) }, 'these changes are of directives without effect')
  }
}

/** Lines and names of one reload that are logged. */
const MAX_LOGGED = 50
