import { CodedError, errorMessage, ProtocolError } from '@millrace/core'

import { AdmissionError } from '../../admission/admission.ts'
import { refusalOf } from '../../admission/http-viewer.ts'
import { text, type HttpAnswer } from '../../io/http.ts'

/** The answer to an offer that was not taken; what is our own failure is thrown on. */
export function failureAnswer(error: unknown): HttpAnswer {
  if (error instanceof AdmissionError) return refusalOf(error)
  if (!(error instanceof CodedError)) throw error
  const why = `${errorMessage(error)} (${error.code})`
  if (error.code === 'RTC_DISABLED' || error.code === 'RTC_NOT_BRIDGED') return text(404, why)
  if (error.code === 'RTC_FULL') return text(503, why)
  // understood, but with nothing in it that could be played or published here
  if (error.code === 'SDP_NO_CODEC') return text(406, why)
  if (error instanceof ProtocolError) return text(400, why)
  throw error
}
