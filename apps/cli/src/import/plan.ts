import {
  DEFAULT_VHOST_NAME,
  issueText,
  positionText,
  type Directive,
  type LoadedConfig,
  type Position,
  type VhostConfig,
} from '@millrace/config'
import { vhostCreateSchema } from '@millrace/contracts'
import { CodedError } from '@millrace/core'

import { TAKERS, type Taken } from './take-over.ts'

/** A directive that has no place in a vhost of the control plane. */
export interface Leftover {
  readonly at: Position
  /** With the blocks that it is in: `dvr.dvr_apply`. */
  readonly directive: string
  readonly reason: string
  /** Whether more is allowed without it. */
  readonly guard: boolean
}

/** What a vhost of a file comes to. */
export interface VhostPlan {
  readonly name: string
  /** Who may publish, for a vhost that isn't there yet: SRS asks for no key. */
  readonly access: 'open' | 'hook'
  readonly settings: Taken['settings']
  readonly left: readonly Leftover[]
}

export interface Plan {
  readonly vhosts: readonly VhostPlan[]
  /** Directives outside of vhosts. */
  readonly left: readonly Leftover[]
}

/** Directives that decide who may publish and play. */
const GUARDS = new Set([
  'http_hooks.on_connect',
  'http_hooks.on_publish',
  'http_hooks.on_play',
  'cluster.token_traverse',
])

const OF_NODES = 'a setting of media nodes, not of vhosts'
const NO_SETTING = 'vhosts of the control plane have no such setting'

/** Where else to look for what blocks of vhosts say. */
const REASONS: Readonly<Record<string, string>> = {
  forward: 'push targets are of streams: /v1/streams/{id}/push-targets',
  ingest: 'streams are pulled where their `source` says so',
  cluster: 'the control plane finds the node of a stream itself',
}

/**
 * What a configuration comes to.
 *
 * @throws CodedError `CLI_CONFIG`: the file has errors, or says what no vhost can be; nothing of it may be used then
 */
export function planOf({ config, directives, issues }: LoadedConfig): Plan {
  if (!config) {
    const errors = issues.filter(({ severity }) => severity === 'error')
    throw new CodedError('CLI_CONFIG', `the file can't be used\n${errors.map(issueText).join('\n')}`)
  }
  const faults: string[] = []
  const vhosts = config.vhost.map((vhost) => {
    const directive = directives.find(({ name, args }) => name === 'vhost' && args[0]?.text === vhost.name)!
    const plan = planVhost(vhost, directive)
    faults.push(...faultsOf(plan, directive))
    return plan
  })
  const twice = vhosts.find(({ name }, at) => vhosts.findIndex((other) => other.name === name) !== at)
  if (twice) faults.push(`two vhosts are ${twice.name}: upper and lower case are the same in host names`)
  if (faults.length > 0) throw new CodedError('CLI_CONFIG', `vhosts can't be made of it\n${faults.join('\n')}`)
  const outside = directives.filter(({ name }) => name !== 'vhost')
  return { vhosts, left: outside.map(({ name, at }) => ({ at, directive: name, reason: OF_NODES, guard: false })) }
}

function planVhost(vhost: VhostConfig, { children = [] }: Directive): VhostPlan {
  const seen = new Set<string>()
  const left: Leftover[] = []
  let settings: Taken['settings'] = {}
  for (const directive of children) {
    const { name, at } = directive
    if (name === 'enabled') settings = { ...settings, enabled: vhost.enabled }
    const first = !seen.has(name)
    seen.add(name)
    if (name === 'enabled' || isOff(vhost, name)) continue
    const take = Object.hasOwn(TAKERS, name) ? TAKERS[name] : undefined
    if (!take) {
      left.push({ at, directive: name, reason: REASONS[name] ?? NO_SETTING, guard: false })
      left.push(...guardsWithin(directive))
    } else if (first) {
      const taken = take(vhost)
      settings = { ...settings, ...taken.settings }
      left.push(...leftOf(directive, taken))
    }
  }
  const access = settings.admission_hook?.events.includes('publish') ? 'hook' : 'open'
  const name = vhost.name === DEFAULT_VHOST_NAME ? vhost.name : vhost.name.toLowerCase()
  return { name, access, settings, left }
}

/** Whether it is a block that does nothing. */
function isOff(vhost: VhostConfig, name: string): boolean {
  const value = (vhost as unknown as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'object' && value !== null && 'enabled' in value && value.enabled === false
}

function leftOf({ name, children = [] }: Directive, { left }: Taken): Leftover[] {
  return children.flatMap((child) => {
    const reason = Object.hasOwn(left, child.name) ? left[child.name] : undefined
    const directive = `${name}.${child.name}`
    return reason === undefined ? [] : [{ at: child.at, directive, reason, guard: GUARDS.has(directive) }]
  })
}

/** `token_traverse on` of an edge: its origin decides who may. */
function guardsWithin({ name, children = [] }: Directive): Leftover[] {
  const reason = 'nobody is asked about tokens instead: the vhost needs stream keys or an admission hook'
  return children
    .filter((child) => GUARDS.has(`${name}.${child.name}`) && child.args[0]?.text === 'on')
    .map((child) => ({ at: child.at, directive: `${name}.${child.name}`, reason, guard: true }))
}

/** Blocks by the settings that are made of them. */
const BLOCKS: Readonly<Record<string, string>> = {
  ip_rules: 'security',
  refer_rules: 'refer',
  admission_hook: 'http_hooks',
  record: 'dvr',
}

/** What the control plane would not take, where it stands. */
function faultsOf({ name, access, settings }: VhostPlan, { at, children = [] }: Directive): string[] {
  const { error } = vhostCreateSchema.safeParse({ name, access, ...settings })
  return (error?.issues ?? []).map(({ path, message }) => {
    const block = children.find((child) => child.name === BLOCKS[String(path[0])])
    return `${positionText(block?.at ?? at)}: error: vhost ${name}: ${path.join('.')}: ${message}`
  })
}
