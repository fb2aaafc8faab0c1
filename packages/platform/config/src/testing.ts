import type { Issue } from './issue.ts'
import { loadConfig, type LoadedConfig, type LoadOptions } from './load.ts'
import type { ConfigFiles } from './parser.ts'

/** Files in memory; `*` in a pattern stands for anything but slashes. */
export function memoryFiles(files: Readonly<Record<string, string>>): ConfigFiles {
  return {
    read: (file) => (Object.hasOwn(files, file) ? files[file] : undefined),
    glob(pattern) {
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
      return Object.keys(files)
        .filter((file) => expression.test(file))
        .toSorted()
    },
  }
}

/** Loads a text, as `srs.conf`, with `listen 1935;` before it on the same line. */
export function load(text: string, options: Partial<LoadOptions> = {}): LoadedConfig {
  return loadConfig('srs.conf', { files: memoryFiles({ 'srs.conf': `listen 1935; ${text}` }), ...options })
}

/** `line:column severity CODE message` of each. */
export function brief(issues: readonly Issue[]): string[] {
  return issues.map(({ severity, code, message, at }) => `${at.line}:${at.column} ${severity} ${code} ${message}`)
}
