import { UsageError } from './arguments.ts'
import type { Context } from './context.ts'

/** A command: returns the exit code. */
export type Command = (args: readonly string[], context: Context) => Promise<number>

/** A command of verbs: `streams list`. */
export function verbs(usage: string, table: Readonly<Record<string, Command>>): Command {
  return ([verb = '', ...args]: readonly string[], context: Context) => {
    const run = Object.hasOwn(table, verb) ? table[verb] : undefined
    if (!run) throw new UsageError(usage)
    return run(args, context)
  }
}
