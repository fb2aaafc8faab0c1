import type { z } from 'zod'

import type { RequestFault } from './failures.ts'

const MAX_FAULTS = 20

/** What is wrong by zod's account, as JSON pointers (RFC 6901); at most 20. Says nothing of the values themselves. */
export function faultsOf(error: z.ZodError): RequestFault[] {
  return error.issues.slice(0, MAX_FAULTS).map(({ path, code, message }) => ({
    pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    code,
    message,
  }))
}
