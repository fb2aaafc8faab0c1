import net from 'node:net'

import type { AccessRule } from '@millrace/config'

type Action = AccessRule['action']

/** Why an address may not. SRS's codes are 1052, 1053 and 1054. */
export type SecurityRefusal = 'SECURITY_NO_RULES' | 'SECURITY_DENIED' | 'SECURITY_NOT_ALLOWED'

export interface SecurityBlock {
  readonly enabled: boolean
  readonly allow: readonly AccessRule[]
  readonly deny: readonly AccessRule[]
}

/**
 * Makes the check of a vhost's `security`: undefined for who may, else why not.
 *
 * Without any rule nobody may. Who is denied may not, whatever is allowed, in whatever order they stand; who is allowed may; who
 * is neither may when there are no rules that allow, be it for the other action.
 *
 * SRS: holds for all protocols, as from SRS 5 on, and takes networks; SRS 4 knows RTMP and single addresses only.
 */
export function securityCheck(block: SecurityBlock): (action: Action, ip: string) => SecurityRefusal | undefined {
  if (!block.enabled) return () => undefined
  const denied = matcher(block.deny)
  const allowed = matcher(block.allow)
  const unmatched = block.allow.length > 0 ? 'SECURITY_NOT_ALLOWED' : undefined
  if (block.allow.length === 0 && block.deny.length === 0) return () => 'SECURITY_NO_RULES'
  return (action, ip) => {
    if (denied(action, ip)) return 'SECURITY_DENIED'
    return allowed(action, ip) ? undefined : unmatched
  }
}

function matcher(rules: readonly AccessRule[]): (action: Action, ip: string) => boolean {
  const lists = { publish: listOf(rules, 'publish'), play: listOf(rules, 'play') }
  return (action, ip) => lists[action](ip)
}

function listOf(rules: readonly AccessRule[], action: Action): (ip: string) => boolean {
  const own = rules.filter((rule) => rule.action === action).map(({ from }) => from)
  if (own.includes('all')) return () => true
  const list = new net.BlockList()
  for (const from of own) {
    const [address = '', prefix] = from.split('/')
    const family = net.isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (ip) => net.isIP(ip) !== 0 && list.check(ip, net.isIPv6(ip) ? 'ipv6' : 'ipv4')
}
