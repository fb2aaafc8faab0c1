/** What the program of clients and the bench say to each other. */

/** What clients are to do. */
export interface LoadOrder {
  readonly kind: 'play' | 'publish' | 'delay'
  /** Of WHEP, or of WHIP with `NAME` where each publisher has its own. */
  readonly url: string
  readonly clients: number
  readonly joinsPerSecond: number
}

/** What was received, or sent, since the clients were told to count. */
export interface LoadCount {
  readonly packets: number
  /** Of datagrams, without the headers of IP and UDP. */
  readonly bytes: number
  /** Sequence numbers of pictures that never came. */
  readonly lost: number
  /** Clients that had nothing at all. */
  readonly silent: number
  /** From the publisher's send to a player's receipt, in milliseconds; empty where it isn't measured. */
  readonly delaysMs: readonly number[]
}

export type ToClients = { readonly type: 'order'; readonly order: LoadOrder } | { readonly type: 'count' | 'stop' }
export type FromClients =
  | { readonly type: 'up' }
  | { readonly type: 'counted'; readonly count: LoadCount }
  | { readonly type: 'counting' }
