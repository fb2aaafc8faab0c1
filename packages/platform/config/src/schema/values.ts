import { CodedError } from '@millrace/core'

import { quoted } from '../issue.ts'
import type { Word } from '../lexer.ts'
import type { Facts, Given, Leaf, Reading } from './specification.ts'

/** A directive's arguments are not what it takes: `CONFIG_VALUE`, and which word it is about. */
export class ValueError extends CodedError {
  readonly word: Word | undefined

  constructor(message: string, word?: Word) {
    super('CONFIG_VALUE', message)
    this.word = word
  }
}

/** What all leaves are but for type, default and reading. */
const PLAIN = { kind: 'leaf', repeats: false, takesBlock: false, fromEnvironment: true } as const

/** A leaf of one argument. Without one it has its default, as in SRS. */
function single<T>(type: string, fallback: T, facts: Facts, read: (word: Word) => Reading<T>): Leaf<T> {
  return {
    ...PLAIN,
    type,
    default: fallback,
    read([given]) {
      const [word, ...more] = given?.args ?? []
      if (!word) return { value: fallback, warning: 'it has no value and is left at its default' }
      const reading = read(word)
      return more.length === 0
        ? reading
        : { ...reading, warning: reading.warning ?? `only the first of its values counts` }
    },
    ...facts,
  }
}

/**
 * `on` or `off`. Like SRS: what is off by default is on only at `on`, what is on by default is off only at `off`.
 *
 * @param unlessOff on at anything but `off`, although off by default
 */
export function flag(fallback: boolean, facts: Facts & { unlessOff?: boolean } = {}): Leaf<boolean> {
  const { unlessOff = fallback, ...rest } = facts
  return single('on/off', fallback, rest, ({ text }) => {
    const value = unlessOff ? text !== 'off' : text === 'on'
    if (text === 'on' || text === 'off') return { value }
    return { value, warning: `${quoted(text)} is neither on nor off, and counts as ${value ? 'on' : 'off'}` }
  })
}

interface Range {
  readonly min?: number
  readonly max?: number
  /** SRS takes its default for what is outside, instead of refusing it. */
  readonly outside?: 'default'
}

/** A whole number. As SRS does, what follows the digits is ignored. */
export function integer<T extends number | undefined>(
  fallback: T,
  { min, max, outside, ...facts }: Facts & Range = {},
): Leaf<number | Extract<T, undefined>> {
  return numeric(
    'integer',
    /^[+-]?\d+/,
    fallback,
    { ...(min !== undefined && { min }), ...(max !== undefined && { max }), ...(outside && { outside }) },
    facts,
  )
}

/** A decimal number. As SRS does, what follows it is ignored. */
export function decimal(fallback: number, { min, max, outside, ...facts }: Facts & Range = {}): Leaf<number> {
  return numeric(
    'number',
    /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/,
    fallback,
    { ...(min !== undefined && { min }), ...(max !== undefined && { max }), ...(outside && { outside }) },
    facts,
  )
}

function numeric<T extends number | undefined>(
  noun: string,
  pattern: RegExp,
  fallback: T,
  range: Range,
  facts: Facts,
): Leaf<number | Extract<T, undefined>> {
  type Value = number | Extract<T, undefined>
  const { min = -Infinity, max = Infinity } = range
  const type = `${noun}${rangeText(range)}`
  return single<Value>(type, fallback as Value, facts, (word) => {
    const digits = pattern.exec(word.text)?.[0]
    const value = Number(digits)
    // SRS: its atoi makes 0 of anything that is no number
    if (digits === undefined || !Number.isFinite(value))
      throw new ValueError(`${quoted(word.text)} is no ${noun}`, word)
    if (value < min || value > max) {
      if (range.outside !== 'default') throw new ValueError(`${digits} is not ${type}`, word)
      return { value: fallback as Value, warning: `${digits} is not ${type}, and is taken for ${fallback}` }
    }
    if (digits.length === word.text.length) return { value }
    return { value, warning: `${quoted(word.text)} is taken for ${digits}` }
  })
}

function rangeText({ min, max }: Range): string {
  if (min !== undefined) return max === undefined ? ` from ${min}` : ` from ${min} to ${max}`
  return max === undefined ? '' : ` up to ${max}`
}

/** Any one word: paths, names, URLs, templates. */
export function text(fallback: string, facts: Facts & { type?: string } = {}): Leaf<string> {
  const { type = 'text', ...rest } = facts
  return single(type, fallback, rest, ({ text: value }) => ({ value }))
}

/** A word that must match a pattern, for people `type`. */
export function shaped(fallback: string, type: string, pattern: RegExp, facts: Facts = {}): Leaf<string> {
  return single(type, fallback, facts, (word) => {
    if (!pattern.test(word.text)) throw new ValueError(`${quoted(word.text)} is no ${type}`, word)
    return { value: word.text }
  })
}

interface Choices<V extends string> {
  /** What SRS takes any other word for. Without it another word is refused. */
  readonly otherwise?: V
  /** Words that are known and can't be done, with the reason. */
  readonly refused?: Readonly<Record<string, string>>
}

/** One of some words. */
export function choice<const V extends string>(
  fallback: V,
  values: readonly V[],
  { otherwise, refused = {}, ...facts }: Facts & Choices<V> = {},
): Leaf<V> {
  const type = values.join('/')
  return single(type, fallback, facts, (word) => {
    const value = values.find((known) => known === word.text)
    if (value !== undefined) return { value }
    if (Object.hasOwn(refused, word.text)) throw new ValueError(`${quoted(word.text)}: ${refused[word.text]}`, word)
    if (otherwise === undefined) throw new ValueError(`${quoted(word.text)} is none of ${values.join(', ')}`, word)
    return {
      value: otherwise,
      warning: `${quoted(word.text)} is none of ${values.join(', ')}, and counts as ${otherwise}`,
    }
  })
}

/** Address and port to listen at. */
export interface Endpoint {
  /** Numeric address or name; undefined for any address. */
  readonly host: string | undefined
  readonly port: number
}

/** `[ip:]port`; a default port of undefined means that there is none. */
export function endpoint<P extends number | undefined>(
  port: P,
  facts: Facts = {},
): Leaf<Endpoint | Extract<P, undefined>> {
  type Value = Endpoint | Extract<P, undefined>
  const fallback = (port === undefined ? undefined : { host: undefined, port }) as Value
  return single<Value>('[ip:]port', fallback, facts, (word) => ({ value: readEndpoint(word) }))
}

/** One or more `[ip:]port`. */
export function endpoints(facts: Facts = {}): Leaf<readonly Endpoint[]> {
  return {
    ...PLAIN,
    type: 'list of [ip:]port',
    default: [],
    read: ([given]) => ({ value: (given?.args ?? []).map(readEndpoint) }),
    ...facts,
  }
}

/** Addresses in brackets are IPv6; the port is what follows the last colon. */
function readEndpoint(word: Word): Endpoint {
  const match = /^(?:(?:\[([\da-fA-F:.%\w]*)\]|([^[\]]*)):)?(\d{1,5})$/.exec(word.text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new ValueError(`${quoted(word.text)} is no [ip:]port`, word)
  return { host: match[1] || match[2] || undefined, port }
}

/** Any number of words. */
export function list(
  type: string,
  facts: Facts & { default?: readonly string[]; fromEnvironment?: boolean } = {},
): Leaf<readonly string[]> {
  return {
    ...PLAIN,
    type: `list of ${type}`,
    default: [],
    read: ([given]) => ({ value: (given?.args ?? []).map(({ text: value }) => value) }),
    ...facts,
  }
}

/** A command line, each time it is given. */
export function commands(facts: Facts = {}): Leaf<readonly (readonly string[])[]> {
  return {
    ...PLAIN,
    type: 'command line',
    default: [],
    repeats: true,
    fromEnvironment: false,
    read: (given) => ({
      value: given.map(({ args }) => args.map(({ text: word }) => word)).filter((argv) => argv.length > 0),
    }),
    ...facts,
  }
}

/** A rule of `security`. */
export interface AccessRule {
  readonly action: 'publish' | 'play'
  /** `all`, an address, or a network in CIDR notation. */
  readonly from: string
}

/** `publish|play all|IP|CIDR`, each time it is given. */
export function accessRules(facts: Facts = {}): Leaf<readonly AccessRule[]> {
  return {
    ...PLAIN,
    type: 'publish/play, then all/IP/CIDR',
    default: [],
    repeats: true,
    fromEnvironment: false,
    read: (given) => ({ value: given.map(({ args }) => accessRule(args)) }),
    ...facts,
  }
}

function accessRule([action, from]: readonly Word[]): AccessRule {
  if (action?.text !== 'publish' && action?.text !== 'play')
    throw new ValueError('publish or play must come first', action)
  if (!from) throw new ValueError(`whom it is about is missing: all, an address, or a network`, action)
  if (from.text !== 'all' && !isNetwork(from.text)) {
    throw new ValueError(`${quoted(from.text)} is neither all, an address, nor a network`, from)
  }
  return { action: action.text, from: from.text }
}

/** An address, or one with the length of a prefix. */
function isNetwork(from: string): boolean {
  const [address = '', prefix = '0', ...more] = from.split('/')
  const v4 = IPV4.test(address)
  // its own parser is not for libraries that do no I/O, but that of URLs knows the same addresses
  const v6 = address.includes(':') && URL.canParse(`http://[${address}]/`)
  return more.length === 0 && (v4 || v6) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (v4 ? 32 : 128)
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/

/** A block of free names, each with a value: `{ preset fast; crf 23; }`. */
export function pairs(facts: Facts = {}): Leaf<readonly (readonly [name: string, value: string])[]> {
  return {
    ...PLAIN,
    type: 'block of free names',
    default: [],
    takesBlock: true,
    fromEnvironment: false,
    read: ([given]: readonly Given[]) => ({
      value: (given?.children ?? []).map(
        ({ name, args }) => [name, args.map(({ text: word }) => word).join(' ')] as const,
      ),
    }),
    ...facts,
  }
}
