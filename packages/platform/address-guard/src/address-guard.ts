import { BlockList, isIP, isIPv4 } from 'node:net'

import { ServiceError } from '@millrace/core'

/** Says which IP addresses may be connected to on behalf of a user. */
export interface AddressGuard {
  /** `address`: IPv4 or IPv6, with or without a zone. */
  permits(address: string): boolean
}

/**
 * Addresses that are not of the public internet, and those of cloud metadata services.
 *
 * @see IANA IPv4 and IPv6 Special-Purpose Address Registries
 */
const BLOCKED: readonly string[] = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8',
  '168.63.129.16/32', // Azure's metadata
  '169.254.0.0/16', // link-local, with most clouds' metadata
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  // of IPv6 all but 2000::/3, global unicast: loopback, NAT64, unique local, link-local, multicast …
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // protocol assignments, among them Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
]

/**
 * A guard that permits public addresses, and of the others those in `allow`.
 *
 * @param allow networks in CIDR notation. Throws `NETWORK_INVALID` for anything else.
 */
export function createAddressGuard(allow: readonly string[] = []): AddressGuard {
  const blocked = networks(BLOCKED)
  const allowed = networks(allow)
  return {
    permits(address) {
      const plain = unmapped(address)
      if (isIP(plain) === 0) return false
      const family = familyOf(plain)
      return allowed[family].check(plain, family) || !blocked[family].check(plain, family)
    },
  }
}

/** A set of networks. */
export interface NetworkSet {
  /** `address`: IPv4 or IPv6, with or without a zone; an IPv4-mapped one counts as IPv4. False for anything else. */
  has(address: string): boolean
}

/** The set of these networks, in CIDR notation or single addresses. Throws `NETWORK_INVALID` for anything else. */
export function createNetworkSet(list: readonly string[]): NetworkSet {
  const lists = networks(list.map((item) => (item.includes('/') ? item : `${item}/${isIPv4(item) ? 32 : 128}`)))
  return {
    has(address) {
      const plain = unmapped(address)
      return isIP(plain) !== 0 && lists[familyOf(plain)].check(plain, familyOf(plain))
    },
  }
}

type Family = 'ipv4' | 'ipv6'

/** One list per family: in a common one every IPv4 address would be in `::/3`, by way of its mapped form. */
function networks(cidrs: readonly string[]): Readonly<Record<Family, BlockList>> {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const cidr of cidrs) {
    const [address = '', bits = '', ...more] = cidr.split('/')
    const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (isIP(address) === 0 || more.length > 0 || !(prefix <= (isIPv4(address) ? 32 : 128))) {
      throw new ServiceError('NETWORK_INVALID', `not a network in CIDR notation: ${JSON.stringify(cidr)}`)
    }
    lists[familyOf(address)].addSubnet(address, prefix, familyOf(address))
  }
  return lists
}

const familyOf = (address: string): Family => (isIPv4(address) ? 'ipv4' : 'ipv6')

/** The IPv4 address inside an IPv4-mapped IPv6 one (`::ffff:a.b.c.d`); without the zone, else as it is. */
function unmapped(address: string): string {
  const [plain = ''] = address.split('%')
  if (isIP(plain) !== 6) return plain
  // URL writes every form of it the same way
  const mapped = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(new URL(`http://[${plain}]`).hostname)
  if (!mapped) return plain
  const bits = (Number.parseInt(mapped[1]!, 16) << 16) | Number.parseInt(mapped[2]!, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}
