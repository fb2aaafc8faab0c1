import { CodedError } from '@millrace/core'

/** Where something stands: a file as it was asked for (or `environment`), line and column from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * - `CONFIG_FILE` a file can't be read
 * - `CONFIG_SYNTAX` the grammar is broken
 * - `CONFIG_LIMIT` deeper, longer or more than the parser takes
 * - `CONFIG_UNKNOWN` no directive of that name here
 * - `CONFIG_VALUE` a directive's arguments are not what it takes
 * - `CONFIG_DUPLICATE` given more than once where the first counts
 * - `CONFIG_DEPRECATED` an older way to write something, still read
 * - `CONFIG_REFUSED` known, but can't be done
 * - `CONFIG_NOT_ACTIVE` known and taken, without effect
 */
export type IssueCode =
  | 'CONFIG_FILE'
  | 'CONFIG_SYNTAX'
  | 'CONFIG_LIMIT'
  | 'CONFIG_UNKNOWN'
  | 'CONFIG_VALUE'
  | 'CONFIG_DUPLICATE'
  | 'CONFIG_DEPRECATED'
  | 'CONFIG_REFUSED'
  | 'CONFIG_NOT_ACTIVE'

/** What is to say about a configuration. With an `error` it can't be used; a `notice` is for completeness. */
export interface Issue {
  readonly severity: 'error' | 'warning' | 'notice'
  readonly code: IssueCode
  readonly message: string
  readonly at: Position
}

/** `conf/srs.conf:12:5: error: … (CONFIG_UNKNOWN)`, as compilers say it. */
export function issueText({ severity, code, message, at }: Issue): string {
  return `${positionText(at)}: ${severity}: ${message} (${code})`
}

/** `file:line:column`. */
export function positionText({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`
}

/** A word out of a file, for a message: in quotes, and not too long. */
export function quoted(word: string): string {
  return JSON.stringify(word.length > 64 ? `${word.slice(0, 64)}…` : word)
}

/** Text can't be read as directives at all; reading stops at the first such place. */
export class ConfigError extends CodedError {
  readonly issue: Issue

  constructor(code: IssueCode, message: string, at: Position) {
    const issue: Issue = { severity: 'error', code, message, at }
    super(code, issueText(issue), { details: { ...at } })
    this.issue = issue
  }
}
