import { AdmissionError } from '../admission/admission.ts'

/** What a backend answered. */
export interface CallbackAnswer {
  readonly status: number
  readonly body: string
}

/**
 * Returns if the answer says yes: status 200 or 201 with the text `0`, to the byte, or with an object whose `code` is the
 * integer 0.
 *
 * @throws AdmissionError `CALLBACK_REFUSED`, `CALLBACK_STATUS` or `CALLBACK_ANSWER`; SRS's 3064, 4005 and 3008
 */
export function checkAnswer({ status, body }: CallbackAnswer): void {
  if (status !== 200 && status !== 201) {
    throw new AdmissionError('CALLBACK_STATUS', `the server that decides answered with HTTP ${status}`)
  }
  if (body === '0') return
  const code = codeOf(body)
  if (code === undefined) {
    throw new AdmissionError('CALLBACK_ANSWER', 'the server that decides gave an answer that cannot be understood')
  }
  if (code !== '0' && code !== '-0') throw new AdmissionError('CALLBACK_REFUSED', 'the server that decides said no')
}

/** The `code` of an object as it is written, `other` where it is no integer; undefined for what is no object. */
function codeOf(body: string): string | undefined {
  const codes = new Map<unknown, string>()
  try {
    // 0.0 is no integer, which can't be told once it is a number
    const value: unknown = JSON.parse(body, function (this: unknown, key, field: unknown, context?: JsonContext) {
      if (key === 'code') codes.set(this, typeof field === 'number' ? (context?.source ?? '') : 'other')
      return field
    })
    return isObject(value) ? (codes.get(value) ?? 'other') : undefined
  } catch {
    return undefined
  }
}

interface JsonContext {
  readonly source?: string
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
