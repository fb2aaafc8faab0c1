import os from 'node:os'

/**
 * An address of this machine as SRS numbers them: those of IPv4 first, then those of IPv6, of this machine alone only where there
 * are no others. The first for a number that there is none of, empty without any.
 */
export function localAddress(index: number): string {
  const all = Object.values(os.networkInterfaces()).flatMap((each) => each ?? [])
  const outer = all.filter(({ internal }) => !internal)
  const usable = outer.length > 0 ? outer : all
  const ordered = [
    ...usable.filter(({ family }) => family === 'IPv4'),
    ...usable.filter(({ family }) => family !== 'IPv4'),
  ]
  return (ordered[index] ?? ordered[0])?.address ?? ''
}
