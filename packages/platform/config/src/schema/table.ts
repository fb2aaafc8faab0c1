import { SCHEMA } from './schema.ts'
import type { Fields, Node, Reload, Status } from './specification.ts'

/** One directive, as it is documented. */
export interface TableRow {
  /** Names from the top level on, with dots: `vhost.hls.hls_fragment`. */
  readonly path: string
  readonly kind: Node['kind']
  readonly type: string
  /** As it would be written; empty when there is none. */
  readonly default: string
  readonly unit: string | undefined
  readonly since: 4 | 5 | 6 | 'Millrace'
  readonly reload: Reload
  readonly status: Status
  readonly deviation: string | undefined
}

interface Inherited {
  readonly status: Status
  readonly reload: Reload
  readonly since: 4 | 5 | 6 | 'Millrace'
}

/** All directives, each block before what is in it. */
export function directiveTable(): readonly TableRow[] {
  return [...rows(SCHEMA.fields, '', { status: { type: 'active' }, reload: 'restart', since: 4 })]
}

/** Whether a directive has an effect, by its path in the table. */
export function isActive(path: string): boolean {
  return directiveTable().some((row) => row.path === path && row.status.type === 'active')
}

function* rows(fields: Fields, prefix: string, inherited: Inherited): Generator<TableRow> {
  for (const [name, node] of Object.entries(fields)) {
    const path = prefix + name
    const facts = {
      status: node.status ?? inherited.status,
      reload: node.reload ?? inherited.reload,
      since: node.since ?? inherited.since,
    }
    const { unit, deviation } = node
    const common = { path, kind: node.kind, unit, deviation, ...facts }
    if (node.kind === 'leaf') {
      yield { ...common, type: node.type, default: defaultText(node.default) }
    } else {
      const label = node.kind === 'repeated' && node.naming ? `${node.naming.label} ` : ''
      const often = node.kind === 'repeated' ? ', any number' : ''
      yield { ...common, type: `${label}block${often}`, default: '' }
      yield* rows(node.fields, `${path}.`, facts)
    }
  }
}

/** How a default would be written in a file. */
export function defaultText(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value === 'object' && value !== null && 'port' in value) return JSON.stringify(value.port)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Blocks that have a directive of this name; the top level is empty. */
export function placesOf(name: string): readonly string[] {
  return directiveTable()
    .map(({ path }) => path)
    .filter((path) => path === name || path.endsWith(`.${name}`))
    .map((path) => path.slice(0, Math.max(0, path.length - name.length - 1)))
}
