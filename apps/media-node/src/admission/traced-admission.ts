import type { Tracer } from '@millrace/telemetry'

import type { Admission } from './admission.ts'

/** The same admission, each decision a span; the question to the control plane is part of it. */
export function traced(admission: Admission, tracer: Tracer): Admission {
  return {
    admit(request) {
      const attributes = { 'millrace.protocol': request.protocol }
      return tracer.run(`admission ${request.action}`, { kind: 'internal', attributes }, () => admission.admit(request))
    },
  }
}
