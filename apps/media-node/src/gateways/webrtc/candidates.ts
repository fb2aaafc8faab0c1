import os from 'node:os'
import net from 'node:net'

import { hostCandidates, writeCandidate, type ListenAddress } from '@millrace/webrtc'

import type { RtcPort } from './rtc-port.ts'

/** How clients are told to reach us. */
export interface CandidateOptions {
  /** Addresses, each perhaps with a port; those of the network interfaces if there are none. */
  readonly addresses: readonly string[]
  /** Of network interfaces. */
  readonly family: 'ipv4' | 'ipv6' | 'all'
  /** That the port is bound to. */
  readonly host: string
}

/** An address that clients may reach us by. */
interface Reachable {
  readonly ip: string
  /** Undefined for that of the port itself. */
  readonly port: number | undefined
}

/**
 * Values of `a=candidate` for an answer.
 *
 * @param external address that the client says we have, perhaps with a port: it comes first
 */
export function candidatesOf(
  { port, tcpPort }: RtcPort,
  { addresses, family, host }: CandidateOptions,
  external?: string,
): readonly string[] {
  const told = [...(external === undefined ? [] : [external]), ...addresses].flatMap((text) => reachable(text) ?? [])
  const all = addresses.length > 0 ? told : [...told, ...ownAddresses(host, family)]
  const listening = all.flatMap(({ ip: address, port: own = port }): ListenAddress[] => [
    { transport: 'udp', address, port: own },
    ...(tcpPort === undefined ? [] : [{ transport: 'tcp' as const, address, port: own === port ? tcpPort : own }]),
  ])
  return hostCandidates(listening).map(writeCandidate)
}

/** `address`, `address:port` or `[address]:port`; undefined for what is no address. */
function reachable(text: string): Reachable | undefined {
  if (net.isIP(text) !== 0) return { ip: text, port: undefined }
  const { host = '', port = '' } = /^\[?(?<host>[^\]]+?)\]?:(?<port>\d{1,5})$/.exec(text)?.groups ?? {}
  return net.isIP(host) === 0 || Number(port) > 65_535 ? undefined : { ip: host, port: Number(port) }
}

/** The address that is listened at, or those of the machine if it is any: loopback only if there is no other. */
function ownAddresses(host: string, family: CandidateOptions['family']): readonly Reachable[] {
  if (host !== '0.0.0.0' && host !== '::') return [{ ip: host, port: undefined }]
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const wanted = all.filter(
    ({ family: own, address }) => (family === 'all' || own.toLowerCase() === family) && !address.startsWith('fe80:'),
  )
  const outer = wanted.filter(({ internal }) => !internal)
  return (outer.length > 0 ? outer : wanted).map(({ address: ip }) => ({ ip, port: undefined }))
}
