import { errorMessage } from '@millrace/core'

import { SupportError } from './errors.ts'

/**
 * Asks again each 50 ms until `attempt` gives something other than undefined or false. Errors it throws count as "not yet".
 * Rejects with `SUPPORT_NEVER` after `timeoutMs`.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs
  let last = 'it was not so'
  while (performance.now() < deadlineMs) {
    try {
      const result = await attempt()
      if (result !== undefined && result !== false) return result
    } catch (error) {
      last = errorMessage(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new SupportError('SUPPORT_NEVER', `${what}: not within ${timeoutMs} ms; last: ${last}`)
}
