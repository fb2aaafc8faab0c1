import type { AdmitDenial, AdmitRequest, IpRule } from '@millrace/contracts'
import { createNetworkSet } from '@millrace/address-guard'

import type { VhostRow } from './vhosts.ts'

type Action = AdmitRequest['action']
type Client = AdmitRequest['client']
type Rules = Pick<VhostRow, 'ipRules' | 'referRules'>

/** Why a vhost's rules refuse a client, or undefined when they don't. */
export function ruleRefusal({ ipRules, referRules }: Rules, action: Action, client: Client): AdmitDenial | undefined {
  if (!addressAllowed(ipRules, action, client.ip)) return 'IP_DENIED'
  for (const domains of [referRules.all, referRules[action]]) {
    if (domains.length > 0 && !pageAllowed(domains, client.page_url)) return 'REFER_DENIED'
  }
  return undefined
}

/** Whether the rules look at who asks, so that one client's answer is not another's. */
export function rulesLookAtClient({ ipRules, referRules }: Rules, action: Action): boolean {
  return rulesFor(ipRules, action).length > 0 || referRules.all.length > 0 || referRules[action].length > 0
}

/** Whether an address is in one of these networks. */
export function inNetworks(networks: readonly string[], address: string): boolean {
  return createNetworkSet(networks).has(address)
}

const rulesFor = (rules: readonly IpRule[], action: Action) =>
  rules.filter((rule) => rule.action === action || rule.action === 'all')

/** As SRS does it: deny goes before allow, and where anything is allowed by name the rest is not. */
function addressAllowed(rules: readonly IpRule[], action: Action, address: string): boolean {
  const relevant = rulesFor(rules, action)
  const matches = ({ network }: IpRule) => network === 'all' || inNetworks([network], address)
  const allows = relevant.filter(({ effect }) => effect === 'allow')
  if (relevant.some((rule) => rule.effect === 'deny' && matches(rule))) return false
  return allows.length === 0 || allows.some(matches)
}

function pageAllowed(domains: readonly string[], page: string | undefined): boolean {
  if (page === undefined || !URL.canParse(page)) return false
  const host = new URL(page).hostname
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`))
}
