/** What a publisher or player has moved, and how well. Counters never fall. */
export interface RoleFigures {
  readonly packetsReceived: number
  readonly packetsSent: number
  /** Packets that came, or were sent, again because they were asked for. */
  readonly retransmitted: number
  /** Packets asked for again, each time counted: by us of a publisher, by a player of us. */
  readonly nacks: number
  /** The same of key frames. */
  readonly keyFrameRequests: number
  /** Null before the first measurement. */
  readonly rttMs: number | null
  /** Of what is sent, 0 to 1: a publisher's as we count it, a player's as it reports it, the worst of the tracks. */
  readonly lossRatio: number
  /** Of the worst track. */
  readonly jitterMs: number
  /** What a player says that it can take; null where nobody says. */
  readonly estimateBps: number | null
}
