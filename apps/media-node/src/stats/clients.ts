import type { Protocol } from '@millrace/contracts'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../admission/admission.ts'
import type { Broadcasts } from '../broadcast/broadcasts.ts'
import type { Players } from '../players/players.ts'

/** A publisher or a player, over all protocols, as the API tells of it. */
export interface Client {
  /** As SRS has it, see `newClientId`. */
  readonly id: string
  readonly key: StreamKey
  readonly protocol: Protocol
  readonly publishes: boolean
  readonly client: AdmissionRequest['client']
  readonly aliveMs: () => number
  /** Bytes that a publisher has sent, or a player got. */
  readonly bytes: () => number
  /** Disconnects it. */
  readonly kick: () => void
  /** The same object whenever this client is told of. */
  readonly identity: object
}

/** All who publish or play on this node. */
export class Clients {
  readonly #players: Pick<Players, 'list' | 'kick'>
  readonly #broadcasts: Pick<Broadcasts, 'list'>

  constructor(players: Pick<Players, 'list' | 'kick'>, broadcasts: Pick<Broadcasts, 'list'>) {
    this.#players = players
    this.#broadcasts = broadcasts
  }

  /** Publishers first, then players; each kind as it came. */
  *list(): Generator<Client> {
    for (const broadcast of this.#broadcasts.list()) {
      const { clientId: id, stream, publication, protocol, client, aliveMs, bytes } = broadcast
      yield {
        id,
        key: stream.key,
        protocol,
        publishes: true,
        client,
        aliveMs,
        bytes,
        kick: () => publication.end('kicked'),
        identity: broadcast,
      }
    }
    for (const player of this.#players.list()) {
      const { id, clientId, key, protocol, client, joinedAtWallMs, bytes } = player
      yield {
        id: clientId,
        key,
        protocol,
        publishes: false,
        client,
        aliveMs: () => Date.now() - joinedAtWallMs,
        bytes,
        kick: () => void this.#players.kick(id),
        identity: player,
      }
    }
  }

  find(id: string): Client | undefined {
    for (const client of this.list()) if (client.id === id) return client
    return undefined
  }
}
