import { ConfigError, type Position } from './issue.ts'

/** A piece of text with its place. */
export interface Word {
  readonly text: string
  readonly at: Position
}

/** A word, a delimiter, or the end of the file. */
export type Token =
  | ({ readonly type: 'word' } & Word)
  | { readonly type: ';' | '{' | '}' | 'end'; readonly at: Position }

/**
 * Cuts a file into tokens, as SRS does: words end at white space, `;` or `{`; `#` begins a comment and `}` closes a block
 * only where a word may begin. A word that begins with a quote runs to the same quote, over line ends too; there are no
 * escapes, and empty quotes are no word at all.
 */
export class Lexer {
  readonly #text: string
  readonly #file: string
  #offset: number
  #line = 1
  #lineStart: number

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
    this.#offset = text.startsWith('\uFEFF') ? 1 : 0
    this.#lineStart = this.#offset
  }

  /** @throws ConfigError `CONFIG_SYNTAX` for quotes that don't close, or close in the midst of a word */
  next(): Token {
    for (;;) {
      this.#skip()
      const at = this.#position()
      const character = this.#text[this.#offset]
      if (character === undefined) return { type: 'end', at }
      if (character === ';' || character === '{' || character === '}') {
        this.#offset++
        return { type: character, at }
      }
      const text = character === '"' || character === "'" ? this.#quoted(character, at) : this.#bare()
      if (text !== '') return { type: 'word', text, at }
    }
  }

  #position(): Position {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 }
  }

  /** Over white space and comments. */
  #skip(): void {
    for (; this.#offset < this.#text.length; this.#offset++) {
      const character = this.#text[this.#offset]!
      if (character === '#') {
        const end = this.#text.indexOf('\n', this.#offset)
        this.#offset = end < 0 ? this.#text.length : end
        if (end < 0) return
      }
      if (this.#text[this.#offset] === '\n') this.#newLine(this.#offset)
      else if (!isSpace(character)) return
    }
  }

  #newLine(offset: number): void {
    this.#line++
    this.#lineStart = offset + 1
  }

  #bare(): string {
    const start = this.#offset
    while (this.#offset < this.#text.length && !endsWord(this.#text[this.#offset]!)) this.#offset++
    return this.#text.slice(start, this.#offset)
  }

  #quoted(quote: string, at: Position): string {
    const start = this.#offset + 1
    const end = this.#text.indexOf(quote, start)
    if (end < 0) throw new ConfigError('CONFIG_SYNTAX', `the quote ${quote} is never closed`, at)
    for (
      let line = this.#text.indexOf('\n', start);
      line >= 0 && line < end;
      line = this.#text.indexOf('\n', line + 1)
    ) {
      this.#newLine(line)
    }
    this.#offset = end + 1
    const after = this.#text[this.#offset]
    if (after !== undefined && !endsWord(after)) {
      throw new ConfigError(
        'CONFIG_SYNTAX',
        `white space, ";" or "{" must follow the closing ${quote}`,
        this.#position(),
      )
    }
    return this.#text.slice(start, end)
  }
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

function endsWord(character: string): boolean {
  return isSpace(character) || character === ';' || character === '{'
}
