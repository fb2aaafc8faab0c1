import type { Word } from '../lexer.ts'

/**
 * What Millrace makes of a directive.
 * - active: it does what it says
 * - accepted: it may stand in a file, and changes nothing, for this reason
 * - refused: a file with it can't be used, for this reason
 */
export type Status =
  | { readonly type: 'active' }
  | { readonly type: 'accepted'; readonly reason: string }
  | { readonly type: 'refused'; readonly reason: string }

/**
 * When a change counts, once the file is read again.
 * - hot: at once, for those who are connected too
 * - next: for the next connection, stream or request
 * - restart: not before the node is started again
 */
export type Reload = 'hot' | 'next' | 'restart'

/** What a row of the table says about a directive, beside its type and default. */
export interface Facts {
  /** Default: that of the block around it. */
  readonly status?: Status
  /** Default: that of the block around it. */
  readonly reload?: Reload
  /** Major version of SRS that has it, where that isn't 4; Millrace for what no SRS has. */
  readonly since?: 5 | 6 | 'Millrace'
  /** Unit of the number. */
  readonly unit?: string
  /** Where it is not as in SRS, and why. */
  readonly deviation?: string
}

/** What a value was read into: itself, and what is to say about it. */
export interface Reading<T> {
  readonly value: T
  readonly warning?: string
}

/** A directive that holds a value. */
export interface Leaf<T> extends Facts {
  readonly kind: 'leaf'
  /** For people: `on/off`, `integer from 0` … */
  readonly type: string
  readonly default: T
  /** Whether each time it is given counts, and not only the first. */
  readonly repeats: boolean
  /** Whether it is a block of free names. */
  readonly takesBlock: boolean
  /** Whether SRS lets it be set by the environment. */
  readonly fromEnvironment: boolean
  /** Reads all the times it is given, at least one. Throws ValueError. */
  read(given: readonly Given[]): Reading<T>
}

/** One time that a directive is given. */
export interface Given {
  readonly args: readonly Word[]
  readonly children: readonly { readonly name: string; readonly args: readonly Word[] }[] | undefined
}

/** Fields of a block, by the names of their directives. */
export type Fields = Readonly<Record<string, Node>>

/** A directive that holds others, at most once. */
export interface Block<F extends Fields = Fields> extends Facts {
  readonly kind: 'block'
  readonly fields: F
  readonly lenient: boolean
  /** What is wrong with the whole, or undefined. */
  check(this: void, value: BlockValue<F>): string | undefined
}

/** A block that may be given any number of times, each with a name of its own or with none. */
export interface Repeated<F extends Fields = Fields> extends Omit<Block<F>, 'kind'> {
  readonly kind: 'repeated'
  /**
   * What its argument is, for people. `optional` when it may be missing; undefined when there is none and only the order tells
   * the blocks apart.
   */
  readonly naming:
    | { readonly label: string; readonly optional: boolean; readonly twice: 'first' | 'refused' | 'all' }
    | undefined
}

export type Node = Leaf<unknown> | Block | Repeated

/** What reading a block gives. */
export type BlockValue<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** What reading a directive gives. A repeated block gives a list, each with its `name`. */
export type ValueOf<N> =
  N extends Leaf<infer T>
    ? T
    : N extends Repeated<infer F>
      ? readonly ({ readonly name: string } & BlockValue<F>)[]
      : N extends Block<infer F>
        ? BlockValue<F>
        : never

/** It does what it says. */
export const ACTIVE: Status = { type: 'active' }

/** It may stand in a file, and changes nothing. */
export function accepted(reason: string): Status {
  return { type: 'accepted', reason }
}

/** A file with it can't be used. */
export function refused(reason: string): Status {
  return { type: 'refused', reason }
}

export interface BlockOptions<F extends Fields> extends Facts {
  /** SRS doesn't look what is in it: unknown names are a warning. */
  readonly lenient?: boolean
  check?(this: void, value: BlockValue<F>): string | undefined
}

export function block<F extends Fields>(
  fields: F,
  { lenient = false, check = () => undefined, ...facts }: BlockOptions<F> = {},
): Block<F> {
  return { kind: 'block', fields, lenient, check, ...facts }
}

export function repeated<F extends Fields>(
  naming: Repeated['naming'],
  fields: F,
  { lenient = false, check = () => undefined, ...facts }: BlockOptions<F> = {},
): Repeated<F> {
  return { kind: 'repeated', naming, fields, lenient, check, ...facts }
}
