import { setTimeout as delay } from 'node:timers/promises'

import { backoffMs, errorCode } from '@millrace/core'

import { aborted } from './errors.ts'

/** How work is tried again. */
export interface RetryOptions {
  /** Tries in all. */
  attempts: number
  /** Before the second try; doubles with each. */
  baseMs: number
  maxMs: number
}

/** A few seconds in all: whoever can wait for longer tries again itself. */
export const DEFAULT_RETRY: RetryOptions = { attempts: 5, baseMs: 200, maxMs: 5000 }

/**
 * Runs `work`, again while it fails with `STORAGE_UNREACHABLE`.
 *
 * @param work gets the number of tries before this one
 */
export async function retrying<T>(
  work: (attempt: number) => Promise<T>,
  { attempts, baseMs, maxMs }: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (errorCode(error) !== 'STORAGE_UNREACHABLE' || attempt + 1 >= attempts) throw error
    }
    await pause(backoffMs(attempt, { baseMs, maxMs, jitter: 0.5 }), signal)
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal && { signal })
  } catch (cause) {
    throw aborted(cause)
  }
}
