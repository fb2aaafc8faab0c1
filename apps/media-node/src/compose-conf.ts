import type { Logger, Scope } from '@millrace/core'
import type { Hub } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'
import type { BroadcastObserver } from './broadcast/broadcasts.ts'
import { FileCallbacks } from './callbacks/file-callbacks.ts'
import { Heartbeat } from './callbacks/heartbeat.ts'
import { openCallbacks } from './callbacks/open-callbacks.ts'
import { composeCluster, originFinder, publishedIn } from './cluster/compose-cluster.ts'
import type { RtmpDeps } from './gateways/rtmp/connection.ts'
import { systemScheduler } from './io/clock.ts'
import type { FileMount } from './io/file-mounts.ts'
import type { NodePorts } from './listeners.ts'
import type { WrittenSegment } from './outputs/hls-files/hls-files-output.ts'
import type { TargetOf } from './players/http-stream.ts'
import type { Players } from './players/players.ts'
import type { RtcSettings, Settings } from './settings.ts'
import type { FindOrigin } from './srs-api/clusters.ts'
import { summaries } from './srs-api/summaries.ts'
import { ConfAdmission } from './srs-conf/conf-admission.ts'
import { rtcCandidates } from './srs-conf/conf-settings.ts'
import { openLocalWork } from './srs-conf/local-work.ts'
import { RtmpArrivals } from './srs-conf/rtmp-arrivals.ts'
import type { Vhosts } from './srs-conf/vhosts.ts'
import type { Statistics } from './stats/statistics.ts'

export interface ConfDeps {
  settings: Settings
  ports: NodePorts
  players: Players
  logger: Logger
}

/** What a node with a configuration file has and does beside. */
export interface Conf {
  readonly observers: readonly BroadcastObserver[]
  /** A segment of HLS was written. */
  readonly written: (segment: WrittenSegment) => void
  /** Who decides. */
  readonly admission: (deps: { hub: Hub; players: Players }) => Admission
  readonly findOrigin: (hub: Hub) => FindOrigin
  /** Folders of files that vhosts have of their own. */
  readonly fileMounts: () => readonly FileMount[]
  /** The streams that HTTP paths name. */
  readonly targetOf: TargetOf
  /** What clients of WebRTC are told of where we are. */
  readonly candidates: () => RtcSettings['candidates']
  /** How RTMP clients are met. */
  readonly onRtmpConnect: NonNullable<RtmpDeps['onRtmpConnect']>
  /** The node listens. */
  readonly start: (statistics: Statistics) => void
  /** The file has changed. */
  readonly refresh: () => void
}

/** Puts together what a node does by its configuration file. What is opened here ends after all that serves. */
export function openConf(vhosts: Vhosts, { settings, ports, players, logger }: ConfDeps, scope: Scope): Conf {
  const { serverId } = settings
  const callbacks = openCallbacks({ vhosts, serverId, logger }, scope)
  const files = new FileCallbacks({ callbacks, configOf: (name) => vhosts.exact(name)?.config, cwd: process.cwd() })
  const local = openLocalWork({ vhosts, ports, players, onDvr: (event) => files.recorded(event), logger }, scope)
  const arrivals = new RtmpArrivals(vhosts, () => performance.now())
  return {
    observers: [files, ...local.observers],
    written: (segment) => files.written(segment),
    admission({ hub, players }) {
      const admission = new ConfAdmission(vhosts, publishedIn(hub), callbacks)
      return composeCluster(admission, { vhosts, serverId, hub, players, logger }, scope)
    },
    candidates: () => rtcCandidates(vhosts.server),
    onRtmpConnect: (client) => arrivals.meet(client),
    fileMounts: () => vhosts.fileMounts,
    targetOf: (request, extension) => vhosts.targetOf(request, extension),
    findOrigin: (hub) => originFinder({ vhosts, hub }, () => ports.rtmp),
    start(statistics) {
      local.refresh()
      const heartbeat = new Heartbeat({
        config: () => vhosts.server,
        summaries: () => summaries(statistics.summaryFigures()),
        scheduler: systemScheduler,
        logger,
      })
      scope.defer(() => heartbeat.close())
    },
    refresh: () => local.refresh(),
  }
}
