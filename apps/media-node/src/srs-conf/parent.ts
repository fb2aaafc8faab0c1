import { CodedError } from '@millrace/core'

/** How often it is looked whose child we are. */
const LOOK_MS = 1000

/**
 * Calls `gone` when the process that has started this one is no more. Returns what ends that.
 *
 * @throws CodedError `PARENT_GONE` when it is no more already
 */
export function watchParent(gone: () => void): () => void {
  const parent = process.ppid
  if (parent === 1) throw new CodedError('PARENT_GONE', 'asprocess is on, and nobody is there who has started the node')
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    gone()
  }, LOOK_MS).unref()
  return () => clearInterval(timer)
}
