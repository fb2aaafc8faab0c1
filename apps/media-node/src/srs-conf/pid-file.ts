import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { CodedError, errorMessage } from '@millrace/core'

/**
 * Writes our process id into a file, and returns what removes it.
 *
 * SRS: there is no lock on the file; a node that it names and that still runs is what keeps another from starting.
 *
 * @throws CodedError `PID_FILE_RUNNING` when the file names a node that runs, `PID_FILE` when it can't be written
 */
export function writePidFile(file: string): () => void {
  const other = readPid(file)
  if (other !== undefined && other !== process.pid && runs(other)) {
    throw new CodedError('PID_FILE_RUNNING', `a node runs already, as process ${other} of ${file}`)
  }
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `${process.pid}\n`)
  } catch (cause) {
    throw new CodedError('PID_FILE', `cannot write the pid file ${file}: ${errorMessage(cause)}`, { cause })
  }
  return () => {
    if (readPid(file) !== process.pid) return
    try {
      rmSync(file)
    } catch {
      // a user that the node has become since may not; a file that names nobody who runs is of no harm
    }
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** A number may belong to another program by now: of those that can be looked at, only a node counts. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('media-node')
  } catch {
    return true
  }
}
