import type { Scheduler } from '@millrace/hub'

import type { Players } from '../players/players.ts'

/** How late a viewer may be ended whose permission has run out. */
const INTERVAL_MS = 1000

/** Ends viewers whose permission ends while they watch: their token expires, or it or its key is revoked. */
export class PassWatch {
  readonly #players: Players
  readonly #scheduler: Scheduler
  #cancel: (() => void) | undefined

  constructor(players: Players, scheduler: Scheduler) {
    this.#players = players
    this.#scheduler = scheduler
    this.#schedule()
  }

  /** Looks at all of them now. */
  check(): void {
    for (const player of this.#players.list()) {
      const refusal = player.pass?.refusal()
      if (refusal !== undefined) player.kick(refusal)
    }
  }

  close(): void {
    this.#cancel?.()
  }

  #schedule(): void {
    this.#cancel = this.#scheduler.after(INTERVAL_MS, () => {
      this.check()
      this.#schedule()
    })
  }
}
