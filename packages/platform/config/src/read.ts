import { positionText, quoted, type Issue, type IssueCode, type Position } from './issue.ts'
import { nearest } from './nearest.ts'
import type { Directive } from './parser.ts'
import {
  ACTIVE,
  type Block,
  type Facts,
  type Fields,
  type Leaf,
  type Node,
  type Repeated,
  type Status,
} from './schema/specification.ts'
import { SCHEMA, type ServerConfig } from './schema/schema.ts'
import { placesOf } from './schema/table.ts'
import { ValueError } from './schema/values.ts'

/** Reads directives by the schema. What is wrong is reported; the result is of use when nothing was an error. */
export function readConfig(root: readonly Directive[], start: Position, report: (issue: Issue) => void): ServerConfig {
  return new SchemaReader(report).block(SCHEMA, root, { path: '', at: start, status: ACTIVE }) as ServerConfig
}

/** Where the reader is. */
interface Place {
  readonly path: string
  readonly at: Position
  /** Of the block around it. Undefined when nothing is to be said of what is in it: it is off, or it was said. */
  readonly status: Status | undefined
}

type Values = Readonly<Record<string, unknown>>

/** Unknown names that the nearest known ones are looked for; a file with more is none of ours. */
const MAX_SUGGESTIONS = 20

class SchemaReader {
  readonly #report: (issue: Issue) => void
  #suggested = 0
  #errors = 0

  constructor(report: (issue: Issue) => void) {
    this.#report = report
  }

  block(spec: Block | Repeated, directives: readonly Directive[], place: Place): Values {
    const errorsBefore = this.#errors
    this.#unknown(spec, directives, place)
    const value = Object.fromEntries(
      Object.entries(spec.fields).map(([name, node]) => [
        name,
        this.#node(
          node,
          name,
          directives.filter((directive) => directive.name === name),
          place,
        ),
      ]),
    )
    // what could not be read is said already, and its default says nothing about the whole
    const wrong = this.#errors === errorsBefore ? spec.check(value) : undefined
    if (wrong !== undefined) this.#say('error', 'CONFIG_VALUE', wrong, place.at)
    return value
  }

  #node(node: Node, name: string, given: readonly Directive[], place: Place): unknown {
    const path = place.path === '' ? name : `${place.path}.${name}`
    switch (node.kind) {
      case 'leaf':
        return this.#leaf(node, path, given, place)
      case 'block':
        return this.#single(node, path, given, place)
      case 'repeated':
        return this.#repeated(node, path, given, place)
    }
  }

  #leaf(leaf: Leaf<unknown>, path: string, given: readonly Directive[], place: Place): unknown {
    const [first] = given
    if (!first) return leaf.default
    if (!leaf.repeats) this.#sayDuplicates(path, given)
    const misshaped = given.find(({ children }) => (children !== undefined) !== leaf.takesBlock)
    if (misshaped) {
      this.#say(
        'error',
        'CONFIG_VALUE',
        `${path} ${leaf.takesBlock ? 'needs a block' : 'takes no block'}`,
        misshaped.at,
      )
      return leaf.default
    }
    try {
      const { value, warning } = leaf.read(leaf.repeats ? given : [first])
      if (warning !== undefined)
        this.#say('warning', 'CONFIG_VALUE', `${path}: ${warning}`, (first.args[0] ?? first).at)
      if (!same(value, leaf.default)) this.#sayStatus(leaf, path, first.at, place.status)
      return value
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      const hint = error.word === undefined ? `: it takes ${leaf.type}` : ''
      this.#say('error', 'CONFIG_VALUE', `${path}: ${error.message}${hint}`, (error.word ?? first).at)
      return leaf.default
    }
  }

  #single(spec: Block, path: string, given: readonly Directive[], place: Place): Values {
    this.#sayDuplicates(path, given)
    const [first] = given
    if (!first) return this.#defaults(spec)
    return this.#body(spec, path, first, place)
  }

  /** What a block has that isn't there. */
  #defaults(spec: Block): Values {
    return Object.fromEntries(
      Object.entries(spec.fields).map(([name, node]) => [
        name,
        node.kind === 'leaf' ? node.default : node.kind === 'block' ? this.#defaults(node) : [],
      ]),
    )
  }

  #repeated(spec: Repeated, path: string, given: readonly Directive[], place: Place): readonly Values[] {
    const seen = new Map<string, Directive>()
    const values: Values[] = []
    for (const directive of given) {
      const name = this.#name(spec, path, directive)
      if (name === undefined) continue
      const value = { name, ...this.#body(spec, path, directive, place) }
      const before = spec.naming && spec.naming.twice !== 'all' ? seen.get(name) : undefined
      seen.set(name, before ?? directive)
      if (before) this.#sayTwice(spec, `${path} ${quoted(name)}`, directive, before)
      else values.push(value)
    }
    return values
  }

  #name({ naming }: Repeated, path: string, { args: [word], at }: Directive): string | undefined {
    if (!naming) return ''
    if (word || naming.optional) return word?.text ?? ''
    this.#say('error', 'CONFIG_VALUE', `${path} needs a name: ${path} ${naming.label} { … }`, at)
    return undefined
  }

  #body(spec: Block | Repeated, path: string, { children, at }: Directive, place: Place): Values {
    if (!children) {
      this.#say('error', 'CONFIG_VALUE', `${path} needs a block: ${path} { … }`, at)
      return {}
    }
    const status = spec.status ?? place.status
    // what is off does nothing, whether or not it could
    const off = spec.fields['enabled'] !== undefined && !this.#isOn(spec, children)
    const said = !off && status?.type === 'accepted' && !hasActive(spec.fields)
    if (said) this.#sayStatus(spec, path, at, place.status)
    return this.block(spec, children, { path, at, status: off || said ? undefined : status })
  }

  /** Whether the block says of itself that it is on. */
  #isOn({ fields }: Block | Repeated, children: readonly Directive[]): boolean {
    const { enabled } = fields
    const given = children.find(({ name }) => name === 'enabled')
    if (enabled?.kind !== 'leaf') return true
    return given ? enabled.read([given]).value === true : enabled.default === true
  }

  #unknown({ fields, lenient }: Block | Repeated, directives: readonly Directive[], { path }: Place): void {
    for (const { name, at } of directives) {
      if (Object.hasOwn(fields, name)) continue
      const full = path === '' ? name : `${path}.${name}`
      const hint = this.#suggested++ < MAX_SUGGESTIONS ? suggestion(name, Object.keys(fields), path) : ''
      this.#say(lenient ? 'warning' : 'error', 'CONFIG_UNKNOWN', `unknown directive ${quoted(full)}${hint}`, at)
    }
  }

  #sayDuplicates(path: string, [first, ...more]: readonly Directive[]): void {
    for (const { at } of more) {
      this.#say(
        'warning',
        'CONFIG_DUPLICATE',
        `${path} is there already, at ${positionText(first!.at)}, which counts`,
        at,
      )
    }
  }

  #sayTwice({ naming }: Repeated, what: string, { at }: Directive, { at: first }: Directive): void {
    const refused = naming?.twice === 'refused'
    const message = `${what} is there already, at ${positionText(first)}${refused ? '' : ', which counts'}`
    this.#say(refused ? 'error' : 'warning', 'CONFIG_DUPLICATE', message, at)
  }

  #sayStatus({ status: own }: Facts, path: string, at: Position, around: Status | undefined): void {
    // in a block that is off, or that it was said of, there is no more to say; but what is refused is refused
    const status = around === undefined && own?.type !== 'refused' ? undefined : (own ?? around)
    if (status?.type === 'accepted') this.#say('notice', 'CONFIG_NOT_ACTIVE', `${path}: ${status.reason}`, at)
    if (status?.type === 'refused') this.#say('error', 'CONFIG_REFUSED', `${path}: ${status.reason}`, at)
  }

  #say(severity: Issue['severity'], code: IssueCode, message: string, at: Position): void {
    if (severity === 'error') this.#errors++
    this.#report({ severity, code, message, at })
  }
}

function hasActive(fields: Fields): boolean {
  return Object.values(fields).some(
    (node) => node.status?.type === 'active' || (node.kind !== 'leaf' && hasActive(node.fields)),
  )
}

function suggestion(name: string, here: readonly string[], path: string): string {
  const near = nearest(name, here)
  const elsewhere = placesOf(name).filter((place) => place !== path)
  if (elsewhere.length > 0 && (near === undefined || near !== name)) {
    return `, it belongs in ${elsewhere.map((place) => place || 'the top level').join(' or ')}`
  }
  return near === undefined ? '' : `, did you mean ${quoted(near)}?`
}

/** Whether two values that were read are the same. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
