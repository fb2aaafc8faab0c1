import { watch } from 'node:fs'
import path from 'node:path'

/** Editors write a file in several steps. */
const SETTLE_MS = 3000

/**
 * Calls `changed` some seconds after the file was changed or put in its place, be it by the link `..data` that Kubernetes
 * swaps. Returns what ends it.
 */
export function watchConfig(file: string, changed: () => void, settleMs = SETTLE_MS): () => void {
  const base = path.basename(file)
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(path.dirname(path.resolve(file)), (_event, name) => {
    if (name !== base && name !== '..data') return
    timer ??= setTimeout(() => {
      timer = undefined
      changed()
    }, settleMs).unref()
  })
  // a folder that has gone is nothing to end for
  watcher.on('error', () => watcher.close())
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}
