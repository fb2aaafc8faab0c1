import path from 'node:path'

import type { Logger, Scope } from '@millrace/core'

import { systemScheduler } from '../io/clock.ts'
import { createControlClient } from '../node-link/control-client.ts'
import { DesiredStateFeed } from '../node-link/desired-state.ts'
import type { Players } from '../players/players.ts'
import { GrantStore } from './grant-store.ts'
import { PassWatch } from './pass-watch.ts'
import { PlaybackGuard } from './playback-guard.ts'

export interface PlaybackDeps {
  control: { url: string; token: string }
  nodeId: () => string | undefined
  players: Players
  dataDir: string
  logger: Logger
}

/** What decides about single viewers. */
export interface PlaybackAdmission {
  playback: PlaybackGuard
  store: GrantStore
  /** To be started when the node is registered. */
  state: DesiredStateFeed
}

/** Builds what decides about single viewers, also while the control plane is away: all it needs is kept on disk. */
export async function openPlaybackAdmission(
  { control, nodeId, players, dataDir, logger }: PlaybackDeps,
  scope: Scope,
): Promise<PlaybackAdmission> {
  const state = await DesiredStateFeed.open({
    control: createControlClient(control),
    nodeId,
    file: path.join(dataDir, 'desired-state.json'),
    logger,
    scheduler: systemScheduler,
  })
  const playback = new PlaybackGuard({
    state: state.current,
    refresh: () => state.refresh(),
    nowMs: () => systemScheduler.nowMs(),
    wallMs: Date.now,
  })
  const watch = new PassWatch(players, systemScheduler)
  state.onChange((changed) => {
    playback.update(changed)
    watch.check()
  })
  const store = await GrantStore.open({ file: path.join(dataDir, 'grants.json'), logger })
  scope.defer(() => store.close())
  scope.defer(() => watch.close())
  scope.defer(() => state.close())
  return { playback, store, state }
}
