import http from 'node:http'
import https from 'node:https'

import { type AddressGuard, guardedLookup } from '@millrace/address-guard'

/** Connections at once to one host. */
const MAX_SOCKETS = 64

/** Keeps the connections to storages, which lead to permitted addresses only. */
export interface StorageAgents {
  http: http.Agent
  https: https.Agent
  /** For literal addresses, which agents don't ask about. */
  guard: AddressGuard
}

/** Opens nothing yet. `destroy()` of both agents ends their connections. */
export function createStorageAgents(guard: AddressGuard): StorageAgents {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, lookup: guardedLookup(guard) }
  return { http: new http.Agent(options), https: new https.Agent(options), guard }
}
