import { lookup, Resolver } from 'node:dns/promises'
import net from 'node:net'
import os from 'node:os'

import { hostCandidates, writeCandidate, type ListenAddress } from '@millrace/webrtc'

import type { RtcPort } from './rtc-port.ts'

/** How clients are told to reach us. */
export interface CandidateOptions {
  /** Addresses or names, each perhaps with a port. If there are none, those of the network interfaces may be told. */
  readonly addresses: readonly string[]
  /** Of network interfaces. */
  readonly family: 'ipv4' | 'ipv6' | 'all'
  /** That the port is bound to. */
  readonly host: string
  /** Whether those of the network interfaces are told where there are no others: else the first of them alone, if there is nothing. */
  readonly detect: boolean
  /** What of the host that a client has asked us by is told to it. */
  readonly asked: {
    /** Whether it counts at all. */
    readonly told: boolean
    /** Whether a name is looked up. */
    readonly resolved: boolean
    /** Whether a name is told as it is. */
    readonly kept: boolean
  }
}

/** How a client has come to us. */
export interface Reached {
  /** Address that the client says we have, perhaps with a port: it comes first. */
  readonly external?: string | undefined
  /** Host of its request. */
  readonly host?: string | undefined
}

/** An address that clients may reach us by. */
interface Reachable {
  /** IP address, or a name that clients look up themselves. */
  readonly address: string
  /** Undefined for that of the port itself. */
  readonly port: number | undefined
}

/** Longest time that an answer waits for a name to be looked up. */
const LOOKUP_MS = 1000
/** Of one name. */
const MAX_ADDRESSES = 4
/** Names of ours that clients elsewhere can't reach us by. */
const NOWHERE = new Set(['', 'localhost', '127.0.0.1', '0.0.0.0', '::', '::1'])
const HOST_NAME = /^(?=.{1,253}$)[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})*$/i

/** Values of `a=candidate` for an answer. A name that can't be looked up is left out. */
export async function candidatesOf(
  { port, tcpPort }: Pick<RtcPort, 'port' | 'tcpPort'>,
  options: CandidateOptions,
  { external, host: asked = '' }: Reached = {},
): Promise<readonly string[]> {
  const told = await Promise.all([
    external === undefined ? [] : resolved(external, options, asStranger),
    byRequest(asked.replace(/^\[|\]$/g, ''), options),
    ...options.addresses.map((text) => resolved(text, options, asOperator)),
  ])
  const listening = withOwn(told.flat(), options).flatMap(({ address, port: own = port }): ListenAddress[] => [
    { transport: 'udp', address, port: own },
    ...(tcpPort === undefined ? [] : [{ transport: 'tcp' as const, address, port: own === port ? tcpPort : own }]),
  ])
  return hostCandidates(listening).map(writeCandidate)
}

/** Those of the machine too, unless an operator has said which. */
function withOwn(told: readonly Reachable[], options: CandidateOptions): readonly Reachable[] {
  if (options.addresses.length > 0 && told.length > 0) return told
  if (options.detect) return [...told, ...ownAddresses(options)]
  return told.length > 0 ? told : ownAddresses(options).slice(0, 1)
}

/** @see SRS 4 `full.conf`, "api_as_candidates" */
async function byRequest(host: string, options: CandidateOptions): Promise<readonly Reachable[]> {
  const { told, resolved: looksUp, kept } = options.asked
  if (!told || NOWHERE.has(host)) return []
  if (net.isIP(host) !== 0) return [{ address: host, port: undefined }]
  if (!HOST_NAME.test(host)) return []
  const found = looksUp ? await resolved(host, options, asStranger) : []
  return kept ? [{ address: host, port: undefined }, ...found] : found
}

/** Finds the addresses of a name. Rejects for a name that has none, or not in time. */
type LookUp = (name: string, family: CandidateOptions['family']) => Promise<readonly string[]>

/** With the means of the system, as `/etc/hosts`. */
const asOperator: LookUp = async (name, family) => {
  const found = await lookup(name, { all: true, family: { ipv4: 4, ipv6: 6, all: 0 }[family] })
  return found.map(({ address }) => address)
}

/** SRS: by DNS alone for a name that a client chooses: the system's look-up has few threads, that files need as well. */
const asStranger: LookUp = async (name, family) => {
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 1 })
  const queries = [
    ...(family === 'ipv6' ? [] : [resolver.resolve4(name)]),
    ...(family === 'ipv4' ? [] : [resolver.resolve6(name)]),
  ]
  const answers = await Promise.allSettled(queries)
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

/** The addresses that `host`, `host:port` or `[host]:port` stands for; none of what can't be understood. */
async function resolved(text: string, { family }: CandidateOptions, find: LookUp): Promise<readonly Reachable[]> {
  const { host, port } = splitHost(text)
  if (net.isIP(host) !== 0) return [{ address: host, port }]
  if (!HOST_NAME.test(host)) return []
  try {
    const found = await within(LOOKUP_MS, find(host, family))
    return found.slice(0, MAX_ADDRESSES).map((address) => ({ address, port }))
  } catch {
    return []
  }
}

function splitHost(text: string): { host: string; port: number | undefined } {
  if (net.isIP(text) !== 0) return { host: text, port: undefined }
  const { host = text, port } = /^\[?(?<host>[^\]]+?)\]?:(?<port>\d{1,5})$/.exec(text)?.groups ?? {}
  const number = Number(port ?? 0)
  return number > 65_535 ? { host: '', port: undefined } : { host, port: port === undefined ? undefined : number }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The address that is listened at, or those of the machine if it is any: loopback only if there is no other. */
function ownAddresses({ host, family }: Pick<CandidateOptions, 'host' | 'family'>): readonly Reachable[] {
  if (host !== '0.0.0.0' && host !== '::') return [{ address: host, port: undefined }]
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const wanted = all.filter(
    ({ family: own, address }) => (family === 'all' || own.toLowerCase() === family) && !address.startsWith('fe80:'),
  )
  const outer = wanted.filter(({ internal }) => !internal)
  return (outer.length > 0 ? outer : wanted).map(({ address }) => ({ address, port: undefined }))
}
