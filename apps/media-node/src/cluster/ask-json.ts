import { CodedError } from '@millrace/core'

import { checkAnswer } from '../callbacks/answer.ts'
import { call, type CallOptions } from '../callbacks/call.ts'

/**
 * Posts to another server and returns what the object that it answers has as `data`: undefined if nothing.
 *
 * @throws CodedError as `call` and `checkAnswer` do
 */
export async function askJson(
  url: string,
  options: Pick<CallOptions, 'timeoutMs' | 'body' | 'verify'>,
): Promise<unknown> {
  const answer = await call(url, options)
  checkAnswer(answer)
  const value: unknown = JSON.parse(answer.body)
  return isRecord(value) ? value['data'] : undefined
}

/** A JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The answer is not what was asked for. */
export const unusable = (what: string): CodedError => new CodedError('CLUSTER_ANSWER', `the answer has no ${what}`)
