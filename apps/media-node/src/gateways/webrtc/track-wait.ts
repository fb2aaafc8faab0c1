import type { Visit } from '../../admission/visit.ts'
import type { Fanout } from './fanout.ts'

/** How long an answer is held back for a stream that isn't there yet: another node may be asked for it. */
const WAIT_MS = 1500

/** Resolves when it is known what a stream is made of, or when that has taken too long. */
export async function trackWait(fanout: Fanout, visit: Visit): Promise<void> {
  if (fanout.tracks.length > 0) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      unfollow()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, WAIT_MS)
    const unfollow = fanout.follow({ started: done })
    visit.whenOver(done)
  })
}
