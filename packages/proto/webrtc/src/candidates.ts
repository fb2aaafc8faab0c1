import { ProtocolError } from '@millrace/core'

/** An address that a peer may send to. @see RFC 8839 §5.1, RFC 6544 §4.5 */
export interface IceCandidate {
  readonly foundation: string
  /** 1, since RTP and RTCP share a port. */
  readonly component: number
  readonly transport: 'udp' | 'tcp'
  readonly priority: number
  /** IP address, or a name. */
  readonly address: string
  readonly port: number
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
  /** Which side connects; null for UDP. */
  readonly tcpType: 'active' | 'passive' | 'so' | null
}

/** Where we listen. */
export interface ListenAddress {
  readonly transport: 'udp' | 'tcp'
  /** IP address, or a name that peers resolve. */
  readonly address: string
  readonly port: number
}

const HOST_PREFERENCE = 126
/** Of 65,535 and less, UDP; of TCP RFC 6544 §4.2 asks 3 bits of how well it connects and 13 of order. */
const UDP_PREFERENCE = 65_535
const TCP_PASSIVE_PREFERENCE = 4 * 8192 + 8191

/**
 * Our candidates, the most wanted first in each transport; UDP goes before TCP, to which peers connect.
 *
 * @returns at most 64, without those that are there twice. @see RFC 8445 §5.1
 */
export function hostCandidates(addresses: readonly ListenAddress[]): IceCandidate[] {
  const unique = new Map(addresses.map((one) => [`${one.transport} ${one.address} ${one.port}`, one]))
  const foundations = new Map<string, number>()
  const order = { udp: 0, tcp: 0 }
  return Array.from(unique.values())
    .slice(0, 64)
    .map(({ transport, address, port }) => {
      // candidates of the same address and transport share a foundation
      const base = `${transport} ${address}`
      const foundation = foundations.get(base) ?? foundations.size + 1
      foundations.set(base, foundation)
      const preference = (transport === 'udp' ? UDP_PREFERENCE : TCP_PASSIVE_PREFERENCE) - order[transport]++
      return {
        foundation: String(foundation),
        component: 1,
        transport,
        priority: HOST_PREFERENCE * 2 ** 24 + preference * 2 ** 8 + 255,
        address,
        port,
        type: 'host',
        tcpType: transport === 'tcp' ? 'passive' : null,
      }
    })
}

/** The value of an `a=candidate` line. */
export function writeCandidate(candidate: IceCandidate): string {
  const { foundation, component, transport, priority, address, port, type, tcpType } = candidate
  const tcp = tcpType === null ? '' : ` tcptype ${tcpType}`
  return `${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}${tcp} generation 0`
}

const LINE =
  /^([\w+/=.-]{1,64}) (\d{1,3}) (udp|tcp) (\d{1,10}) ([\w.:%-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: (.*))?$/i

/** Reads the value of an `a=candidate` line, with or without `candidate:`. Throws ProtocolError `ICE_CANDIDATE`. */
export function readCandidate(value: string): IceCandidate {
  const line = value.length > 1024 ? '' : value.replace(/^(a=)?candidate:/, '').trim()
  const [matched, foundation = '', component, transport, priority, address = '', port, type, rest = ''] =
    LINE.exec(line) ?? []
  const number = { component: Number(component), priority: Number(priority), port: Number(port) }
  const lower = type?.toLowerCase()
  if (matched === undefined || !isType(lower) || number.port > 65_535 || number.priority > 0xffffffff) {
    throw new ProtocolError('ICE_CANDIDATE', `no candidate: ${JSON.stringify(value.slice(0, 120))}`)
  }
  const tcpType = /(?:^| )tcptype (active|passive|so)(?: |$)/i.exec(rest)?.[1]?.toLowerCase()
  return {
    foundation,
    ...number,
    transport: transport?.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    address,
    type: lower,
    tcpType: isTcpType(tcpType) ? tcpType : null,
  }
}

const isType = (text: string | undefined): text is IceCandidate['type'] =>
  text === 'host' || text === 'srflx' || text === 'prflx' || text === 'relay'

const isTcpType = (text: string | undefined): text is 'active' | 'passive' | 'so' =>
  text === 'active' || text === 'passive' || text === 'so'
