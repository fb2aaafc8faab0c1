import { lookup } from 'node:dns'
import { isIPv6, type LookupFunction } from 'node:net'

import { ServiceError } from '@millrace/core'

import type { AddressGuard } from './address-guard.ts'

/**
 * A `lookup` for sockets that resolves a host once and answers with its permitted addresses only, so that what is connected
 * to is what was checked. Fails with ServiceError `ADDRESS_BLOCKED` if none is. Sockets don't ask it about literal addresses:
 * those are the caller's to check.
 */
export function guardedLookup(guard: AddressGuard): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0)
      const permitted = addresses.filter(({ address }) => guard.permits(address))
      const [first] = permitted
      if (!first)
        return done(new ServiceError('ADDRESS_BLOCKED', `${host} has no address that may be connected to`), '', 0)
      if (options.all) done(null, permitted)
      else done(null, first.address, isIPv6(first.address) ? 6 : 4)
    })
  }
}
