import type { Directive } from './parser.ts'

/**
 * Directives as text that parses to the same. An argument with both kinds of quotes can't be written, but neither can it
 * have been read unless it began with something else, so that it needs none.
 */
export function stringify(directives: readonly Directive[], indent = ''): string {
  return directives
    .map(({ name, args, children }) => {
      const head = [name, ...args.map(({ text }) => text)].map(word).join(' ')
      return children
        ? `${indent}${head} {\n${stringify(children, `${indent}    `)}${indent}}\n`
        : `${indent}${head};\n`
    })
    .join('')
}

function word(text: string): string {
  if (/^[^ \t\r\n;{"'#}\uFEFF][^ \t\r\n;{]*$/.test(text)) return text
  return text.includes('"') ? `'${text}'` : `"${text}"`
}
