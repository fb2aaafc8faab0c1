import { randomBytes } from 'node:crypto'

import type { Protocol } from '@millrace/contracts'
import { sortableId } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest, PlaybackPass } from '../admission/admission.ts'
import { newClientId } from '../admission/client-id.ts'

/** What a gateway knows of somebody who begins to watch. */
export interface PlayerInfo {
  readonly key: StreamKey
  /** Id at the control plane; null where it is unknown. */
  readonly streamId: string | null
  readonly protocol: Protocol
  readonly client: AdmissionRequest['client']
  /** Bytes sent so far. */
  readonly bytes: () => number
  /** What may end the play before its time. */
  readonly pass?: PlaybackPass | undefined
  /** Ends the play, by way of `leave`. `code` is the reason, for the log. */
  readonly kick: (code: string) => void
}

/** Somebody who watches. */
export interface Player extends PlayerInfo {
  /** `vwr_…` */
  readonly id: string
  /** What the API and callbacks call it. */
  readonly clientId: string
  readonly joinedAtWallMs: number
  /** Watches no more; a second call does nothing. */
  leave(): void
}

/** Follows who comes and goes. */
export interface PlayersObserver {
  joined(player: Player): void
  left(player: Player): void
}

/** An operator's wish. */
const KICKED = 'VIEWER_KICKED'

/** Everybody who watches on this node, over all protocols. */
export class Players {
  readonly #players = new Map<string, Player>()
  readonly #counts = new Map<string, number>()
  #observer: PlayersObserver | undefined

  get size(): number {
    return this.#players.size
  }

  /** Sets who is told of each change; there is one observer. */
  observe(observer: PlayersObserver): void {
    this.#observer = observer
  }

  list(): Iterable<Player> {
    return this.#players.values()
  }

  find(id: string): Player | undefined {
    return this.#players.get(id)
  }

  /** Players of a stream, by its `vhost/app/name`. */
  count(streamId: string): number {
    return this.#counts.get(streamId) ?? 0
  }

  join(info: PlayerInfo): Player {
    const joinedAtWallMs = Date.now()
    const id = sortableId('vwr', joinedAtWallMs, randomBytes(10))
    const { id: clientId = newClientId() } = info.client
    const player: Player = { ...info, id, clientId, joinedAtWallMs, leave: () => this.#leave(player) }
    this.#players.set(id, player)
    this.#change(player, 1)
    this.#observer?.joined(player)
    return player
  }

  /** Ends somebody's play. False when nobody has this id. */
  kick(id: string): boolean {
    const player = this.#players.get(id)
    player?.kick(KICKED)
    return player !== undefined
  }

  /** Ends all plays. */
  kickAll(): void {
    for (const player of this.#players.values()) player.kick(KICKED)
  }

  #leave(player: Player): void {
    if (!this.#players.delete(player.id)) return
    this.#change(player, -1)
    this.#observer?.left(player)
  }

  #change({ key: { vhost, app, name } }: Player, by: number): void {
    const streamId = `${vhost}/${app}/${name}`
    const count = this.count(streamId) + by
    if (count === 0) this.#counts.delete(streamId)
    else this.#counts.set(streamId, count)
  }
}
