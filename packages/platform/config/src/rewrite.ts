import type { Issue } from './issue.ts'
import type { Word } from './lexer.ts'
import type { Directive } from './parser.ts'

/** An older way to write a directive, which SRS 4 still reads. */
export interface Alias {
  /** Path of the older directive. */
  readonly from: string
  /** What it is now; undefined when it is dropped. */
  readonly to: string | undefined
}

type Parent = Directive['children'] & {}
type Rule = (directive: Directive) => Moved | undefined

/** Where directives go that stand for an older one. */
interface Moved {
  readonly alias: Alias
  /** Name of the block of the same parent that takes them; undefined when they stand where the older one did. */
  readonly block?: string
  readonly directives: readonly Directive[]
}

/** What SRS moves from a vhost into blocks, by name: `gop_cache on;` is `play { gop_cache on; }`. */
const FLAT: Readonly<Record<string, readonly [block: string, name?: string]>> = {
  time_jitter: ['play'],
  mix_correct: ['play'],
  atc: ['play'],
  atc_auto: ['play'],
  mw_latency: ['play'],
  gop_cache: ['play'],
  queue_length: ['play'],
  send_min_interval: ['play'],
  reduce_sequence_header: ['play'],
  publish_1stpkt_timeout: ['publish', 'firstpkt_timeout'],
  publish_normal_timeout: ['publish', 'normal_timeout'],
  mode: ['cluster'],
  origin: ['cluster'],
  token_traverse: ['cluster'],
  vhost: ['cluster'],
  debug_srs_upnode: ['cluster'],
  refer: ['refer', 'all'],
  refer_play: ['refer', 'play'],
  refer_publish: ['refer', 'publish'],
  forward: ['forward', 'destination'],
}

/** Blocks of a vhost whose members SRS moves into another, by name. */
const BLOCKS: Readonly<Record<string, readonly [block: string, names: Readonly<Record<string, string>>]>> = {
  mr: ['publish', { enabled: 'mr', latency: 'mr_latency' }],
  nack: ['rtc', { enabled: 'nack', no_copy: 'nack_no_copy' }],
  twcc: ['rtc', { enabled: 'twcc' }],
}

/** Blocks that are off unless they say so, and were not when their content stood in the vhost. */
const SWITCHED = new Set(['refer', 'forward'])

/** Names that are others now, with their content, by parent. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  root: { http_stream: 'http_server' },
  vhost: { http: 'http_static' },
}

/** Dropped, by parent. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  rtc_server: ['perf_stat', 'queue_length'],
  'vhost.http_remux': ['hstrs'],
}

/** Values that are another directive now, by parent. */
const REWORDED: Readonly<Record<string, Readonly<Record<string, readonly [name: string, onAt: string]>>>> = {
  'vhost.rtc': { aac: ['rtmp_to_rtc', 'transcode'], bframe: ['keep_bframe', 'keep'] },
}

/** All that is rewritten, for documentation. */
export const ALIASES: readonly Alias[] = [
  ...Object.entries(RENAMED).flatMap(([parent, names]) =>
    Object.entries(names).map(([from, to]) => ({ from: pathOf(parent, from), to: pathOf(parent, to) })),
  ),
  ...Object.entries(FLAT).map(([name, [block, to = name]]) => ({ from: `vhost.${name}`, to: `vhost.${block}.${to}` })),
  ...Object.entries(BLOCKS).flatMap(([from, [block, names]]) =>
    Object.entries(names).map(([name, to]) => ({ from: `vhost.${from}.${name}`, to: `vhost.${block}.${to}` })),
  ),
  ...Object.entries(REWORDED).flatMap(([parent, names]) =>
    Object.entries(names).map(([from, [to, value]]) => ({
      from: `${parent}.${from} ${value}`,
      to: `${parent}.${to} on`,
    })),
  ),
  ...Object.entries(DROPPED).flatMap(([parent, names]) =>
    names.map((name) => ({ from: `${parent}.${name}`, to: undefined })),
  ),
]

/** Rewrites what SRS 4 still takes in older forms, and says so. What a block itself says comes before what is moved to it. */
export function rewriteLegacy(root: readonly Directive[], report: (issue: Issue) => void): readonly Directive[] {
  return rewriteBlock('root', root, report)
}

function rewriteBlock(parent: string, directives: Parent, report: (issue: Issue) => void): Parent {
  const stay: Directive[] = []
  const moved = new Map<string, Directive[]>()
  for (const directive of directives) {
    const move = RULES.map((rule) => rule(parent)(directive)).find((result) => result !== undefined)
    if (!move) {
      stay.push(directive)
      continue
    }
    const { alias, block, directives: replacing } = move
    const message =
      alias.to === undefined
        ? `${alias.from} is no more, and ignored`
        : `${alias.from} is older than ${alias.to}, which it is taken for`
    report({ severity: 'warning', code: 'CONFIG_DEPRECATED', message, at: directive.at })
    if (block === undefined) stay.push(...replacing)
    else {
      const there = moved.get(block) ?? switchedOn(block, directive)
      there.push(...replacing)
      moved.set(block, there)
    }
  }
  return merged(stay, moved).map((directive) => {
    if (!directive.children) return directive
    const path = parent === 'root' ? directive.name : `${parent}.${directive.name}`
    return { ...directive, children: rewriteBlock(path, directive.children, report) }
  })
}

/** Adds what is moved to the blocks that are there, or makes them. */
function merged(stay: readonly Directive[], moved: ReadonlyMap<string, readonly Directive[]>): readonly Directive[] {
  const left = new Map(moved)
  const all = stay.map((directive) => {
    const more = directive.children && left.get(directive.name)
    if (!more) return directive
    left.delete(directive.name)
    const own = new Set(directive.children.map(({ name }) => name))
    return { ...directive, children: [...directive.children, ...more.filter(({ name }) => !own.has(name))] }
  })
  const made = [...left].flatMap(([name, children]) =>
    children[0] ? [{ name, args: [], children, at: children[0].at }] : [],
  )
  return [...all, ...made]
}

function switchedOn(block: string, { at }: Directive): Directive[] {
  return SWITCHED.has(block) ? [plain('enabled', [{ text: 'on', at }], at)] : []
}

function plain(name: string, args: readonly Word[], at: Directive['at']): Directive {
  return { name, args, children: undefined, at }
}

const RULES: readonly ((parent: string) => Rule)[] = [
  (parent) => (directive) => {
    const to = own(own(RENAMED, parent), directive.name)
    if (to === undefined || !directive.children) return undefined
    return { alias: { from: directive.name, to }, directives: [{ ...directive, name: to }] }
  },
  (parent) => (directive) => {
    const flat = parent === 'vhost' ? own(FLAT, directive.name) : undefined
    if (!flat || directive.children) return undefined
    const [block, to = directive.name] = flat
    const alias = { from: directive.name, to: `${block}.${to}` }
    return { alias, block, directives: [{ ...directive, name: to }] }
  },
  (parent) => (directive) => {
    const old = parent === 'vhost' ? own(BLOCKS, directive.name) : undefined
    if (!old || !directive.children) return undefined
    const [block, names] = old
    const directives = directive.children.map((child) => ({
      ...child,
      name: own(names, child.name) ?? `${directive.name}.${child.name}`,
    }))
    return { alias: { from: directive.name, to: block }, block, directives }
  },
  (parent) => (directive) => {
    const reworded = own(own(REWORDED, parent), directive.name)
    if (!reworded) return undefined
    const [to, onAt] = reworded
    const value = { text: directive.args[0]?.text === onAt ? 'on' : 'off', at: directive.at }
    return { alias: { from: directive.name, to }, directives: [plain(to, [value], directive.at)] }
  },
  (parent) => (directive) => {
    if (!own(DROPPED, parent)?.includes(directive.name)) return undefined
    return { alias: { from: directive.name, to: undefined }, directives: [] }
  },
]

/** What a table has under a name out of a file, which may be `constructor`. */
function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined
}

function pathOf(parent: string, name: string): string {
  return parent === 'root' ? name : `${parent}.${name}`
}
