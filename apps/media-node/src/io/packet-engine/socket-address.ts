import net from 'node:net'
import os from 'node:os'

import { type Address, InvariantError } from '@millrace/core'

const AF_INET = 2
const AF_INET6 = 10
const IPV4_BYTES = 16
/** Of the longest `sockaddr` there is, IPv6's. */
const SOCKET_ADDRESS_BYTES = 28

/**
 * An address as Linux's `struct sockaddr_in` or, for a socket of IPv6, `struct sockaddr_in6`, in which an IPv4 address is mapped.
 *
 * @throws InvariantError `PACKET_ENGINE_ADDRESS` for what isn't an address of that family
 */
export function encodeSocketAddress({ ip, port }: Address, ipv6: boolean): Uint8Array {
  const isIpv4 = net.isIPv4(ip)
  if (!isIpv4 && !(ipv6 && net.isIPv6(ip))) {
    throw new InvariantError('PACKET_ENGINE_ADDRESS', `not an address for this socket: ${ip}`)
  }
  const bytes = new Uint8Array(ipv6 ? SOCKET_ADDRESS_BYTES : IPV4_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, ipv6 ? AF_INET6 : AF_INET, true)
  view.setUint16(2, port)
  if (!ipv6) bytes.set(ipv4Bytes(ip), 4)
  else if (isIpv4) bytes.set([0xff, 0xff, ...ipv4Bytes(ip)], 18)
  else {
    const [address = '', zone] = ip.split('%')
    bytes.set(ipv6Bytes(address), 8)
    if (zone !== undefined) view.setUint32(24, scopeOf(zone), true)
  }
  return bytes
}

const ipv4Bytes = (ip: string): number[] => ip.split('.').map(Number)

/** @see RFC 4291 §2.2 */
function ipv6Bytes(ip: string): Uint8Array {
  const [head = '', tail] = ip.split('::')
  const front = groups(head)
  const back = groups(tail ?? '')
  const bytes = new Uint8Array(16)
  bytes.set(front)
  bytes.set(back, 16 - back.length)
  return bytes
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return ipv4Bytes(group)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** Number of a network interface. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone)
  const addresses = os.networkInterfaces()[zone] ?? []
  return addresses.find(({ scopeid }) => scopeid !== undefined)?.scopeid ?? 0
}
