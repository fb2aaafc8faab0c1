import type { Context } from './context.ts'

type Cell = string | number | null | undefined

/** Columns of a table: title, and what stands there. */
export type Columns<T> = readonly (readonly [title: string, value: (row: T) => Cell])[]

/** Text of a cell: nothing for what isn't there, no control characters of others. */
function cell(value: Cell): string {
  const text = value === null || value === undefined || value === '' ? '-' : String(value)
  return text.replaceAll(/\p{Cc}/gu, ' ')
}

/** A table for people. */
function table<T>(columns: Columns<T>, rows: readonly T[]): string {
  const lines = [
    columns.map(([title]) => title.toUpperCase()),
    ...rows.map((row) => columns.map(([, value]) => cell(value(row)))),
  ]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)))
  return lines
    .map(
      (line) =>
        `${line
          .map((text, at) => text.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** Prints a list: a table, or one JSON array. */
export function printRows<T>({ json, print }: Context, columns: Columns<T>, rows: readonly T[]): void {
  print(json ? `${JSON.stringify(rows, null, 2)}\n` : table(columns, rows))
}

/** Prints one thing: a line a field, or its JSON. */
export function printFields<T extends object>({ json, print }: Context, fields: Columns<T>, value: T): void {
  if (json) return print(`${JSON.stringify(value, null, 2)}\n`)
  const width = Math.max(...fields.map(([title]) => title.length))
  for (const [title, of] of fields) print(`${title.padEnd(width)}  ${cell(of(value))}\n`)
}

/** Prints that it is done; nothing but `null` as JSON. */
export function printDone({ json, print }: Context, text: string): void {
  print(json ? 'null\n' : `${text}\n`)
}
