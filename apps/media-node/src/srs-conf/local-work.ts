import type { VhostConfig } from '@millrace/config'
import type { Logger, Scope } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { BroadcastObserver } from '../broadcast/broadcasts.ts'
import { IdlePublishers } from '../broadcast/idle-publishers.ts'
import { Children } from '../io/child.ts'
import { systemScheduler } from '../io/clock.ts'
import type { NodePorts } from '../listeners.ts'
import { Dvr, type DvrEvent } from '../outputs/dvr/dvr.ts'
import type { DvrSettings } from '../outputs/dvr/recording.ts'
import { ExecEvents, type ExecEventSettings } from '../outputs/exec/exec-events.ts'
import { Exec } from '../outputs/exec/exec.ts'
import { Transcode } from '../outputs/transcode/transcode.ts'
import { Ingests } from '../sources/ingest/ingest.ts'
import type { Players } from '../players/players.ts'
import type { Vhosts } from './vhosts.ts'

export interface LocalWorkDeps {
  readonly vhosts: Vhosts
  readonly ports: Pick<NodePorts, 'rtmp'>
  readonly players: Players
  /** A file of a recording is complete. */
  readonly onDvr?: (event: DvrEvent) => void
  readonly logger: Logger
}

/** Programs at once that are run at an event. */
const MAX_PASSING = 32

/** What a node with a configuration file does on its machine beside serving: recordings, and programs that it runs. */
export interface LocalWork {
  readonly observers: readonly BroadcastObserver[]
  /** Makes programs and recordings what the file says; first when the node listens. */
  readonly refresh: () => void
}

/** Ended by `scope`: files are completed, programs ended. */
export function openLocalWork({ vhosts, ports, players, onDvr, logger }: LocalWorkDeps, scope: Scope): LocalWork {
  const children = new Children({ logger, scheduler: systemScheduler })
  scope.defer(() => children.close())
  const common = { rtmpPort: () => ports.rtmp, children, logger }
  const files = (): { logDir: string; utc: boolean } => ({
    logDir: vhosts.server.ff_log_dir,
    utc: vhosts.server.utc_time,
  })
  const configOf = (vhost: string): VhostConfig | undefined => vhosts.exact(vhost)?.config
  const dvr = new Dvr({
    settingsOf: (key) => dvrSettings(key, configOf(key.vhost), files().utc),
    onDvr(event) {
      onDvr?.(event)
      events.recorded(event)
    },
    scheduler: systemScheduler,
    logger,
  })
  scope.defer(() => dvr.close())
  const transcode = new Transcode({
    ...common,
    settingsOf(vhost) {
      const blocks = configOf(vhost)?.transcode
      return blocks && { blocks, ...files() }
    },
    vhostOf: (name) => vhosts.find(name)?.config.name,
  })
  const exec = new Exec({
    ...common,
    settingsOf(vhost) {
      const config = configOf(vhost)?.exec
      return config?.enabled ? { publish: [...config.publish, ...config.exec_push], ...files() } : undefined
    },
  })
  const passing = new Children({ logger, scheduler: systemScheduler, maxChildren: MAX_PASSING })
  scope.defer(() => passing.close())
  const settingsOf = (vhost: string): ExecEventSettings | undefined => {
    const config = configOf(vhost)?.exec
    return config?.enabled ? { events: config, pull: config.exec_pull, ...files() } : undefined
  }
  const events = new ExecEvents({ ...common, passing, settingsOf }, players)
  players.observe(events)
  const idle = new IdlePublishers({
    players,
    limitMsOf: (vhost) => (configOf(vhost)?.publish.kickoff_for_idle ?? 0) * 1000,
    scheduler: systemScheduler,
    logger,
  })
  scope.defer(() => idle.close())
  const ingests = new Ingests(common)
  return {
    observers: [dvr, transcode, exec, events, idle],
    refresh() {
      for (const each of [dvr, transcode, exec, events]) each.refresh()
      ingests.update({ vhosts: vhosts.server.vhost, logLevel: vhosts.server.ff_log_level, ...files() })
    },
  }
}

function dvrSettings({ app, name }: StreamKey, config: VhostConfig | undefined, utc: boolean): DvrSettings | undefined {
  if (!config?.dvr.enabled) return undefined
  const { dvr } = config
  const { dvr_apply: applied, dvr_plan: plan, dvr_path: path, dvr_duration: durationS } = dvr
  if (!applied.includes('all') && !applied.includes(`${app}/${name}`)) return undefined
  return {
    plan: plan === 'segment' ? 'segment' : 'session',
    path,
    durationMs: durationS * 1000,
    waitKeyframe: dvr.dvr_wait_keyframe,
    keepTimes: dvr.time_jitter === 'off',
    utc,
  }
}
