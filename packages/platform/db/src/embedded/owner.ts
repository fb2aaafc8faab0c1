import fs from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ServiceError } from '@millrace/core'

import { processStart, servesDataDir } from './process.ts'

const STOP_ORPHAN_MS = 15_000

/**
 * Makes this process the owner of `dir` (file `owner`: pid and start time), and returns how to give it up. A dead owner's
 * file is taken over. Throws `EMBEDDED_PG_IN_USE` when another living process owns it.
 */
export async function takeOwnership(dir: string): Promise<() => Promise<void>> {
  const file = path.join(dir, 'owner')
  for (;;) {
    try {
      await fs.writeFile(file, `${process.pid} ${processStart(process.pid) ?? ''}`, { flag: 'wx' })
      return () => fs.rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [pid = '', ...start] = (await fs.readFile(file, 'utf8').catch(() => '')).split(' ')
    if (pid !== '' && processStart(Number(pid)) === start.join(' ')) {
      throw new ServiceError('EMBEDDED_PG_IN_USE', `${dir} is in use by process ${pid}`, {
        details: { dir, pid: Number(pid) },
      })
    }
    await fs.rm(file, { force: true })
  }
}

/** No process can have this id. */
const DEAD_PID = '2147483647'

/**
 * Puts right what an owner that was killed left behind: a server that still runs is shut down, and a `postmaster.pid`
 * that names another program by now, or a zombie, no longer does. The rest of that file stays: PostgreSQL finds by it
 * the shared memory of processes that have not yet seen the end of their server.
 */
export async function reclaimDataDir(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid')
  const content = await fs.readFile(pidFile, 'utf8').catch(() => '')
  const pid = Number.parseInt(content, 10)
  if (!Number.isInteger(pid)) return
  const deadline = performance.now() + STOP_ORPHAN_MS
  const orphan = servesDataDir(pid, dataDir)
  if (orphan) signal(pid, 'SIGINT')
  while (servesDataDir(pid, dataDir)) {
    if (performance.now() > deadline) signal(pid, 'SIGQUIT')
    await delay(20)
  }
  if (!orphan) await fs.writeFile(pidFile, content.replace(/^\d+/, DEAD_PID))
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it went away by itself
  }
}
