import { parseArgs, type ParseArgsConfig } from 'node:util'

import { CodedError, errorMessage } from '@millrace/core'

/** The command line can't be understood; the message says what it may be. */
export class UsageError extends CodedError {
  constructor(message: string) {
    super('CLI_USAGE', message)
  }
}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

/** What a command was given. */
export interface Arguments {
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly words: readonly string[]
}

/** Reads options and words of a command. Throws UsageError with `usage` in it. */
export function readArguments(args: readonly string[], options: OptionsConfig, usage: string): Arguments {
  try {
    const parsed = parseArgs({ args: [...args], allowPositionals: true, options })
    return { options: parsed.values as Arguments['options'], words: parsed.positionals }
  } catch (error) {
    throw new UsageError(`${errorMessage(error)}\n\n${usage}`)
  }
}

/** Exactly these words; throws UsageError otherwise. */
export function expectWords(words: readonly string[], names: readonly string[], usage: string): readonly string[] {
  if (words.length !== names.length) throw new UsageError(`give ${names.join(' ') || 'nothing'}\n\n${usage}`)
  return words
}

/** An option that is text, or undefined. */
export function textOption({ options }: Arguments, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** An option that is a whole number from 0, or undefined. Throws UsageError. */
export function numberOption(args: Arguments, name: string): number | undefined {
  const text = textOption(args, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || text === '') {
    throw new UsageError(`--${name} must be a whole number from 0: ${text}`)
  }
  return value
}
