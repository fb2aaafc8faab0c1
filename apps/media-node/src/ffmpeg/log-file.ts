import path from 'node:path'

/**
 * The file that a program's output goes to; undefined for none.
 *
 * @param folder `ff_log_dir`; `/dev/null` for no logs
 * @param parts of its name. SRS: it always ends in `.log`, and names with slashes lead into no folders
 */
export function logFile(folder: string, ...parts: readonly string[]): string | undefined {
  if (folder === '/dev/null') return undefined
  const name = parts.filter((part) => part !== '').map((part) => part.replaceAll(/[^\w.-]/g, '_'))
  return path.resolve(folder, `${name.join('-').slice(0, 240)}.log`)
}
