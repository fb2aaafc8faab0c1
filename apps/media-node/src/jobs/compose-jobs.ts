import { createAddressGuard } from '@millrace/address-guard'
import type { Logger, Scope } from '@millrace/core'
import type { Tracer } from '@millrace/telemetry'

import type { ControlledAdmission } from '../admission/controlled-admission.ts'
import type { DrainableAdmission } from '../admission/drain.ts'
import type { Broadcasts } from '../broadcast/broadcasts.ts'
import type { NodeLink } from '../node-link/node-link.ts'
import type { Archive } from '../outputs/archive/archive.ts'
import type { Players } from '../players/players.ts'
import type { SegmentViewers } from '../players/segment-viewers.ts'
import { createCommands } from './commands.ts'
import { Drain } from './drain.ts'
import { NodeJobs } from './node-jobs.ts'
import { createPullWork } from './pull-work.ts'
import { createPushWork } from './push-work.ts'

export interface NodeWorkDeps {
  link: NodeLink
  broadcasts: Broadcasts
  players: Players
  viewers: SegmentViewers
  archive: Archive
  /** What is in front of all publishers and players, and the cache behind it. */
  admission: DrainableAdmission
  grants: ControlledAdmission
  /** Networks that pulls and pushes may reach although they are not public. */
  mediaAllow: readonly string[]
  tracer: Tracer
  logger: Logger
}

/** Puts together what the control plane has this node do. It begins with `start`. */
export function createNodeWork(
  deps: NodeWorkDeps,
  { queueUrl, drainMs }: { queueUrl: string; drainMs: number },
  scope: Scope,
): NodeJobs {
  const { link, broadcasts, players, viewers, archive, admission, grants, tracer, logger } = deps
  const { reports, control } = link
  const nodeId = (): string | undefined => link.nodeId
  const guard = createAddressGuard(deps.mediaAllow)
  const drain = new Drain({
    refuse(draining) {
      admission.draining = draining
      viewers.draining = draining
    },
    handOver: () => jobs.handOver(),
    takeBack: () => jobs.takeBack(),
    empty() {
      players.kickAll()
      broadcasts.kickAll()
    },
    deadlineMs: drainMs,
    logger,
  })
  const jobs: NodeJobs = new NodeJobs({
    url: queueUrl,
    command: createCommands({
      broadcasts,
      players,
      drain,
      forget: (id) => grants.forget(id),
      archive,
      reports,
      tracer,
      logger,
    }),
    pull: createPullWork({ guard, broadcasts, control, nodeId, tracer, logger }),
    push: createPushWork({ guard, broadcasts, control, nodeId, reports, tracer, logger }),
    logger,
  })
  scope.defer(() => drain.close())
  scope.defer(() => jobs.close())
  return jobs
}
