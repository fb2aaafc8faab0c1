import type { Logger, Scope } from '@millrace/core'
import {
  closeDueRecordings,
  deleteExpiredClips,
  deleteExpiredRecordings,
  startDueFinishes,
  type Db,
} from '@millrace/db'
import type { Stores } from '@millrace/storage'

import { startPump } from '../pump.ts'
import { pruneSegments } from './prune.ts'
import { startSweeps } from './sweep.ts'

/** How often the keeper looks after what, milliseconds. */
const EVERY_MS = { recordings: 1000, retention: 30_000, segments: 15_000, sweeps: 600_000 }

export interface KeeperDeps {
  db: Db
  stores: Stores
  log: Logger
  /** A node that was not heard of for so long is not waited for by the finish of recordings. */
  graceMs: number
}

/**
 * Looks after recordings until `scope` closes: ends those whose publisher stays away, starts their finish, deletes what retention
 * ends and what nothing needs. Any number of workers may do so at once.
 */
export function startKeeper(scope: Scope, { db, stores, log, graceMs }: KeeperDeps): void {
  const failed = (what: string) => (err: unknown) => log.warn({ err }, `${what}: failed, will run again`)
  const tasks = {
    async recordings() {
      const closed = await closeDueRecordings(db, new Date())
      const finishes = await startDueFinishes(db, new Date(), graceMs)
      if (closed + finishes > 0) log.info({ closed, finishes }, 'recordings looked after')
    },
    async retention() {
      const recordings = await deleteExpiredRecordings(db, new Date())
      const clips = await deleteExpiredClips(db, new Date())
      if (recordings + clips > 0) log.info({ recordings, clips }, 'retention ended')
    },
    async segments() {
      const segments = await pruneSegments(db, stores, failed('pruning a stream'))
      if (segments > 0) log.info({ segments }, 'segments pruned')
    },
    async sweeps() {
      await startSweeps(db)
    },
  }
  for (const name of ['recordings', 'retention', 'segments', 'sweeps'] as const) {
    const pump = startPump(tasks[name], { everyMs: EVERY_MS[name], onError: failed(name) })
    scope.defer(() => pump.close())
  }
}
