/** What a player decoded. */
export interface Decoded {
  readonly videoFrames: number
  readonly audioFrames: number
  /** Each line the player wrote at level "error" or above. */
  readonly errors: readonly string[]
}
