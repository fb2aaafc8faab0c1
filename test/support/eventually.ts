import { errorMessage } from '@millrace/core'

import { SupportError } from './errors.ts'

/** It asks again after this part of the time that it has waited, and within these bounds: what takes long isn't kept from its work. */
const PAUSE = { part: 0.05, leastMs: 20, mostMs: 250 }

/**
 * Asks again and again until `attempt` gives something other than undefined or false. Errors it throws count as "not yet".
 * Rejects with `SUPPORT_NEVER` after `timeoutMs`.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  const beganMs = performance.now()
  let last = 'it was not so'
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs = performance.now() - beganMs) {
    try {
      const result = await attempt()
      if (result !== undefined && result !== false) return result
    } catch (error) {
      last = errorMessage(error)
    }
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(PAUSE.mostMs, Math.max(PAUSE.leastMs, waitedMs * PAUSE.part))),
    )
  }
  throw new SupportError('SUPPORT_NEVER', `${what}: not within ${timeoutMs} ms; last: ${last}`)
}
