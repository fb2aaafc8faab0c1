import { same } from './read.ts'
import { SCHEMA, type ServerConfig } from './schema/schema.ts'
import type { Fields, Node, Reload, Repeated, Status } from './schema/specification.ts'

/** A directive that differs between two configurations. */
export interface Change {
  /** Names with dots, those of repeated blocks in brackets: `vhost[live.example.com].hls.hls_fragment`. */
  readonly path: string
  /** The same without names, as in the table: `vhost.hls.hls_fragment`. */
  readonly directive: string
  /** The vhost it is of; undefined for what is global. */
  readonly vhost: string | undefined
  /** Undefined for a block that was not there. */
  readonly before: unknown
  /** Undefined for a block that is no more. */
  readonly after: unknown
  readonly reload: Reload
  readonly status: Status
}

interface Place {
  readonly path: string
  readonly directive: string
  readonly vhost: string | undefined
  readonly reload: Reload
  readonly status: Status
}

type Values = Readonly<Record<string, unknown>>
type Named = Values & { readonly name: string }

/** What is different in `after`, directive by directive; vhosts, ingests and the like that come or go are one change each. */
export function diffConfigs(before: ServerConfig, after: ServerConfig): readonly Change[] {
  const top: Place = { path: '', directive: '', vhost: undefined, reload: 'restart', status: { type: 'active' } }
  return [...changes(SCHEMA.fields, before, after, top)]
}

function* changes(fields: Fields, before: Values, after: Values, around: Place): Generator<Change> {
  for (const [name, node] of Object.entries(fields)) {
    const place = placeOf(node, name, around)
    const old = before[name]
    const now = after[name]
    if (same(old, now)) continue
    if (node.kind === 'leaf') yield { ...place, before: old, after: now }
    else if (node.kind === 'block') yield* changes(node.fields, old as Values, now as Values, place)
    else yield* repeatedChanges(node, old as readonly Named[], now as readonly Named[], place)
  }
}

/** Blocks are the same when they have the same name, those of one name in order. */
function* repeatedChanges(
  node: Repeated,
  before: readonly Named[],
  after: readonly Named[],
  place: Place,
): Generator<Change> {
  const old = byName(before)
  const now = byName(after)
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const own: Place = {
      ...place,
      path: `${place.path}[${key}]`,
      vhost: place.directive === 'vhost' ? key : place.vhost,
    }
    const was = old.get(key)
    const is = now.get(key)
    if (was && is) yield* changes(node.fields, was, is, own)
    else yield { ...own, before: was, after: is }
  }
}

function byName(blocks: readonly Named[]): Map<string, Named> {
  const named = new Map<string, Named>()
  for (const block of blocks) {
    let key = block.name || '0'
    for (let count = 1; named.has(key); count++) key = block.name ? `${block.name}#${count}` : String(count)
    named.set(key, block)
  }
  return named
}

function placeOf(node: Node, name: string, around: Place): Place {
  const dot = around.path === '' ? '' : '.'
  return {
    path: `${around.path}${dot}${name}`,
    directive: `${around.directive}${dot}${name}`,
    vhost: around.vhost,
    reload: node.reload ?? around.reload,
    status: node.status ?? around.status,
  }
}
