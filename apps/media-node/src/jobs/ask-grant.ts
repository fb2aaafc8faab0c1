import { setTimeout as delay } from 'node:timers/promises'

import { backoffMs, CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import type { ControlClient } from '../node-link/control-client.ts'

/** A question to the control plane. */
export interface GrantQuestion {
  /** `/node/v1/…-grant` */
  path: string
  body: Readonly<Record<string, unknown>>
}

export interface AskGrantDeps {
  control: ControlClient
  logger: Logger
}

/**
 * Asks for what long work may not start without, until the control plane answers; undefined when `stop` was aborted first.
 *
 * @throws CodedError with the problem's code (`PUSH_TARGET_DISABLED` …) when the control plane doesn't want the work
 */
export async function askGrant(
  { control, logger }: AskGrantDeps,
  { path, body }: GrantQuestion,
  stop: AbortSignal,
): Promise<unknown> {
  for (let failures = 0; !stop.aborted; failures++) {
    try {
      return await control.post(path, body)
    } catch (error) {
      if (errorCode(error) === 'CONTROL_REFUSED') throw refusal(error as CodedError)
      logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'work waits for the control plane')
      await delay(backoffMs(failures), undefined, { signal: stop }).catch(() => {})
    }
  }
  return undefined
}

/** What the control plane calls it. */
function refusal({ details, cause }: CodedError): CodedError {
  const problem = String(details['problem'] || 'WORK_NOT_GRANTED')
  return new CodedError(problem, 'the control plane does not want this work', { cause })
}
