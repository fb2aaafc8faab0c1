import type { Logger, Scope } from '@millrace/core'
import type { Hub } from '@millrace/hub'
import type { Tracer } from '@millrace/telemetry'

import { openPlaybackAdmission, type PlaybackAdmission } from './admission/compose-playback.ts'
import { ControlledAdmission } from './admission/controlled-admission.ts'
import { DrainableAdmission } from './admission/drain.ts'
import { relayingAdmission } from './admission/relaying-admission.ts'
import type { Broadcasts } from './broadcast/broadcasts.ts'
import type { Deciding } from './deciding.ts'
import { systemScheduler } from './io/clock.ts'
import { NodeLink, type NodeLinkOptions } from './node-link/node-link.ts'
import type { Archive } from './outputs/archive/archive.ts'
import type { Players } from './players/players.ts'
import type { SegmentViewers } from './players/segment-viewers.ts'
import { ViewerReports } from './players/viewer-reports.ts'
import type { Settings } from './settings.ts'
import { ControlDirectory } from './sources/relay/directory.ts'
import type { Directory } from './sources/relay/origin.ts'
import { Relays } from './sources/relay/relays.ts'

export { openArchive } from './outputs/archive/compose-archive.ts'

type NodeFacts = Pick<NodeLinkOptions, 'addresses' | 'load' | 'held' | 'uploads' | 'onEvicted' | 'onLinked'>

/** The node's tie to the control plane; undefined for a node on its own. It does nothing before its `start`. */
export async function openLink(
  { control, dataDir, nodeName: name, region }: Settings,
  version: string,
  logger: Logger,
  facts: NodeFacts,
): Promise<NodeLink | undefined> {
  return control && NodeLink.open({ control, dataDir, name, version, region, ...facts, logger })
}

export interface ControlDeps {
  hub: Hub
  players: Players
  viewers: SegmentViewers
  broadcasts: Broadcasts
  archive: Archive
  tracer: Tracer
  logger: Logger
}

/** Puts together what a node does under a control plane. */
export async function joinControl(
  link: NodeLink,
  deps: ControlDeps,
  settings: Settings,
  scope: Scope,
): Promise<Deciding> {
  const { players, logger } = deps
  const { dataDir, queueUrl, drainMs, mediaAllow, reportViewers } = settings
  const nodeId = (): string | undefined => link.nodeId
  const playback =
    settings.control &&
    (await openPlaybackAdmission({ control: settings.control, nodeId, players, dataDir, logger }, scope))
  const grants = openGrants(link, logger, playback)
  const directory = new ControlDirectory({ control: link.control, nodeId })
  const relays = openRelays(directory, deps, scope)
  const admission = new DrainableAdmission(relayingAdmission(grants, relays))
  const viewerReports = reportViewers ? openViewerReports(players, link, scope) : undefined
  const jobs =
    queueUrl === undefined
      ? undefined
      : (await loadJobs()).createNodeWork(
          { link, ...deps, admission, grants, mediaAllow },
          { queueUrl, drainMs },
          scope,
        )
  return {
    admission,
    relayed: (stream) => relays.relayed(stream),
    relayKey: () => link.relayKey,
    directory,
    linked(id) {
      viewerReports?.again()
      deps.archive.wake()
      jobs?.start(id)
    },
    start: async () => playback?.state.start(),
  }
}

/** The queue and its drivers are 17 MB, which a node without jobs spares. */
const loadJobs = (): Promise<typeof import('./jobs/compose-jobs.ts')> => import('./jobs/compose-jobs.ts')

function openViewerReports(players: Players, { reports }: NodeLink, scope: Scope): ViewerReports {
  const viewerReports = new ViewerReports({
    players,
    reports,
    backlog: () => reports.backlog,
    scheduler: systemScheduler,
  })
  scope.defer(() => viewerReports.close())
  return viewerReports
}

function openGrants(link: NodeLink, logger: Logger, playback: PlaybackAdmission | undefined): ControlledAdmission {
  return new ControlledAdmission({
    control: link.control,
    nodeId: () => link.nodeId,
    nowMs: () => performance.now(),
    logger,
    ...playback,
  })
}

function openRelays(directory: Directory, { hub, players, logger }: ControlDeps, scope: Scope): Relays {
  const relays = new Relays({ hub, players, logger, directory, nowMs: () => performance.now() })
  scope.defer(() => relays.close())
  return relays
}
