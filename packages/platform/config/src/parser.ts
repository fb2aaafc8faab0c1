import path from 'node:path/posix'

import { ConfigError, quoted, type Position } from './issue.ts'
import { Lexer, type Token, type Word } from './lexer.ts'

/** `name args …;` or `name args … { children }`. */
export interface Directive {
  readonly name: string
  readonly args: readonly Word[]
  /** Undefined when it ended with `;`. */
  readonly children: readonly Directive[] | undefined
  readonly at: Position
}

/** How the parser gets at files; whoever has a file system gives it. */
export interface ConfigFiles {
  /** The text of a file; undefined when there is none, or it can't be read. */
  read(file: string): string | undefined
  /** Files that match a pattern with `*`, `?` or `[…]`, sorted. */
  glob(pattern: string): readonly string[]
}

/** Bounds of what is parsed. */
export interface ParseLimits {
  /** Characters of all files together, default 4 Mi. */
  maxCharacters: number
  /** Blocks within blocks, default 16; SRS needs 5. */
  maxDepth: number
  /** Files that are included, default 256; each counts as often as it is. */
  maxIncludes: number
  /** Files that include one another in a chain, default 8. */
  maxIncludeDepth: number
  /** Directives of all files together, default 50 000. */
  maxDirectives: number
  /** Arguments of one directive, default 1000. */
  maxArguments: number
}

export const DEFAULT_PARSE_LIMITS: ParseLimits = {
  maxCharacters: 4 * 1024 * 1024,
  maxDepth: 16,
  maxIncludes: 256,
  maxIncludeDepth: 8,
  maxDirectives: 50_000,
  maxArguments: 1000,
}

/**
 * Parses a file with all that it includes. `include FILE …;` may stand at any level; what it names is parsed in its place.
 *
 * SRS: a name that is not there from the working directory is looked for beside the file that includes it; a pattern
 * (`include vhosts/*.conf;`) includes what matches, in the order of the names, and may match nothing.
 *
 * @throws ConfigError `CONFIG_FILE`, `CONFIG_SYNTAX`, `CONFIG_LIMIT`
 */
export function parseFile(file: string, files: ConfigFiles, limits: Partial<ParseLimits> = {}): readonly Directive[] {
  return new Parser(files, { ...DEFAULT_PARSE_LIMITS, ...limits }).root(file)
}

class Parser {
  readonly #files: ConfigFiles
  readonly #limits: ParseLimits
  /** The file that is being parsed is the last; those before include it. */
  readonly #open: string[] = []
  #characters = 0
  #includes = 0
  #directives = 0

  constructor(files: ConfigFiles, limits: ParseLimits) {
    this.#files = files
    this.#limits = limits
  }

  root(file: string): Directive[] {
    const text = this.#files.read(file)
    if (text === undefined) throw new ConfigError('CONFIG_FILE', 'cannot be read', { file, line: 1, column: 1 })
    return this.#file(file, text, 0, { file, line: 1, column: 1 })
  }

  #file(file: string, text: string, depth: number, from: Position): Directive[] {
    this.#characters += text.length
    this.#bound(this.#characters, 'maxCharacters', from)
    this.#open.push(file)
    this.#bound(this.#open.length - 1, 'maxIncludeDepth', from)
    const directives = this.#body(new Lexer(text, file), depth, undefined)
    this.#open.pop()
    return directives
  }

  /** Directives up to the end of the block that began at `block`, or of the file. */
  #body(lexer: Lexer, depth: number, block: Position | undefined): Directive[] {
    const directives: Directive[] = []
    for (;;) {
      const token = lexer.next()
      if (token.type === 'end') {
        if (block) throw new ConfigError('CONFIG_SYNTAX', 'the block that begins here is never closed with "}"', block)
        return directives
      }
      if (token.type === '}') {
        if (!block) throw new ConfigError('CONFIG_SYNTAX', '"}" closes no block', token.at)
        return directives
      }
      if (token.type !== 'word') throw new ConfigError('CONFIG_SYNTAX', `no name before "${token.type}"`, token.at)
      const directive = this.#directive(lexer, token, depth)
      if (directive.name === 'include' && !directive.children) {
        for (const argument of directive.args) directives.push(...this.#include(argument, depth))
      } else directives.push(directive)
    }
  }

  #directive(lexer: Lexer, { text: name, at }: Word, depth: number): Directive {
    this.#bound(++this.#directives, 'maxDirectives', at)
    const args: Word[] = []
    for (;;) {
      const token: Token = lexer.next()
      switch (token.type) {
        case 'word':
          this.#bound(args.push({ text: token.text, at: token.at }), 'maxArguments', token.at)
          break
        case ';':
          return { name, args, children: undefined, at }
        case '{':
          this.#bound(depth + 1, 'maxDepth', token.at)
          return { name, args, children: this.#body(lexer, depth + 1, token.at), at }
        case '}':
        case 'end':
          throw new ConfigError('CONFIG_SYNTAX', `";" is missing after ${quoted(name)}`, at)
      }
    }
  }

  #include({ text: wanted, at }: Word, depth: number): Directive[] {
    const beside = path.join(path.dirname(this.#open.at(-1) ?? ''), wanted)
    const directives: Directive[] = []
    for (const { file, text } of this.#included(path.normalize(wanted), beside, at)) {
      this.#bound(++this.#includes, 'maxIncludes', at)
      if (this.#open.includes(file)) throw new ConfigError('CONFIG_FILE', `${file} includes itself`, at)
      directives.push(...this.#file(file, text, depth, at))
    }
    return directives
  }

  #included(wanted: string, beside: string, at: Position): { file: string; text: string }[] {
    for (const file of path.isAbsolute(wanted) ? [wanted] : [wanted, beside]) {
      const text = this.#files.read(file)
      if (text !== undefined) return [{ file, text }]
      if (!/[*?[]/.test(wanted)) continue
      const found = this.#files.glob(file).map((match) => ({ file: match, text: this.#read(match, at) }))
      if (found.length > 0) return found
    }
    if (/[*?[]/.test(wanted)) return []
    throw new ConfigError('CONFIG_FILE', `${wanted} cannot be read, neither from here nor as ${beside}`, at)
  }

  #read(file: string, at: Position): string {
    const text = this.#files.read(file)
    if (text === undefined) throw new ConfigError('CONFIG_FILE', `${file} cannot be read`, at)
    return text
  }

  #bound(count: number, limit: keyof ParseLimits, at: Position): void {
    if (count > this.#limits[limit]) {
      throw new ConfigError('CONFIG_LIMIT', `more than ${this.#limits[limit]} (${limit})`, at)
    }
  }
}
