import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { ConfigError } from './issue.ts'
import { parseFile, type Directive, type ParseLimits } from './parser.ts'
import { stringify } from './stringify.ts'
import { memoryFiles } from './testing.ts'

type Plain = (string | Plain)[]

function plain(directives: readonly Directive[]): Plain {
  return directives.map(({ name, args, children }) => [
    name,
    ...args.map(({ text }) => text),
    ...(children ? [plain(children)] : []),
  ])
}

const parseText = (text: string, limits: Partial<ParseLimits> = {}): readonly Directive[] =>
  parseFile('a.conf', memoryFiles({ 'a.conf': text }), limits)

const parse = (text: string): Plain => plain(parseText(text))

function failure(text: string, limits: Partial<ParseLimits> = {}): string {
  const error = onlyCoded(() => parseText(text, limits))
  assert.ok(error instanceof ConfigError)
  const { at, message } = error.issue
  return `${at.line}:${at.column} ${error.code} ${message}`
}

test('directives hold words or blocks, over as many lines as they like', () => {
  assert.deepEqual(parse('listen 1935\n  1936\t;vhost a{ hls {enabled on;}\r\n}'), [
    ['listen', '1935', '1936'],
    ['vhost', 'a', [['hls', [['enabled', 'on']]]]],
  ])
  assert.deepEqual(parse(''), [])
  assert.deepEqual(parse('\uFEFFlisten 1;'), [['listen', '1']])
})

test('a comment begins where a word may, and nowhere else', () => {
  assert.deepEqual(parse('# all of it; {\nurl http://h/p#x; # rest }\na; #'), [['url', 'http://h/p#x'], ['a']])
})

test('a word in quotes may hold anything but its quote; there are no escapes and no empty words', () => {
  assert.deepEqual(parse(`a "b c;{}#\n'" 'd"' "" '' e\\n;`), [['a', "b c;{}#\n'", 'd"', 'e\\n']])
  assert.deepEqual(parse(`"vhost" 'x'{}`), [['vhost', 'x', []]])
  assert.deepEqual(parse(`a b"c"d;`), [['a', 'b"c"d']])
})

test('a brace closes a block only where a word may begin', () => {
  assert.deepEqual(parse('a { b c}; }'), [['a', [['b', 'c}']]]])
})

test('an error says where', () => {
  assert.equal(failure('a;\n  }'), '2:3 CONFIG_SYNTAX "}" closes no block')
  assert.equal(failure('a {\nb;'), '1:3 CONFIG_SYNTAX the block that begins here is never closed with "}"')
  assert.equal(failure('a; ;'), '1:4 CONFIG_SYNTAX no name before ";"')
  assert.equal(failure('a;\n{ }'), '2:1 CONFIG_SYNTAX no name before "{"')
  assert.equal(failure('a;\n b c'), '2:2 CONFIG_SYNTAX ";" is missing after "b"')
  assert.equal(failure('a { b }'), '1:5 CONFIG_SYNTAX ";" is missing after "b"')
  assert.equal(failure('a "b\n\nc;'), '1:3 CONFIG_SYNTAX the quote " is never closed')
  assert.equal(failure('a "b\n"c;'), '2:2 CONFIG_SYNTAX white space, ";" or "{" must follow the closing "')
})

test('positions are those of the file that a directive stands in', () => {
  const files = memoryFiles({ 'conf/a.conf': 'x;\ninclude b.conf; y;', 'conf/b.conf': '\n z;' })
  const places = parseFile('conf/a.conf', files).map(({ name, at }) => `${name} ${at.file}:${at.line}:${at.column}`)
  assert.deepEqual(places, ['x conf/a.conf:1:1', 'z conf/b.conf:2:2', 'y conf/a.conf:2:17'])
})

test('includes are looked for from here, then beside the file, and may be in blocks', () => {
  const files = memoryFiles({
    'conf/a.conf': 'include ./conf/b.conf "c.conf";',
    'conf/b.conf': 'vhost v { include c.conf; }',
    'conf/c.conf': 'beside;',
    'c.conf': 'here;',
  })
  assert.deepEqual(plain(parseFile('conf/a.conf', files)), [['vhost', 'v', [['here']]], ['here']])
})

test('a pattern includes what matches, in order, and may match nothing', () => {
  const files = memoryFiles({
    'conf/a.conf': 'include vhosts/*.conf none/*.conf;',
    'conf/vhosts/2.conf': 'two;',
    'conf/vhosts/1.conf': 'one;',
  })
  assert.deepEqual(plain(parseFile('conf/a.conf', files)), [['one'], ['two']])
})

test('an include that is not there, or includes itself, is an error where it stands', () => {
  const code = (files: Record<string, string>): string => {
    const error = onlyCoded(() => parseFile('a.conf', memoryFiles(files)))
    assert.ok(error instanceof ConfigError)
    return `${error.issue.at.file}:${error.issue.at.line} ${error.issue.message}`
  }
  assert.equal(
    code({ 'a.conf': 'x;\ninclude b.conf;' }),
    'a.conf:2 b.conf cannot be read, neither from here nor as b.conf',
  )
  assert.equal(code({ 'a.conf': 'include b.conf;', 'b.conf': '\ninclude a.conf;' }), 'b.conf:2 a.conf includes itself')
  assert.equal(code({ 'a.conf': 'include b.conf;', 'b.conf': 'a {' }).slice(0, 8), 'b.conf:1')
  assert.equal(code({}), 'a.conf:1 cannot be read')
})

test('depth, size and number are bounded', () => {
  assert.match(failure('a{'.repeat(17)), /CONFIG_LIMIT .*maxDepth/)
  assert.match(failure('a;'.repeat(60_000)), /CONFIG_LIMIT .*maxDirectives/)
  assert.match(failure(`a ${'b '.repeat(1001)};`), /CONFIG_LIMIT .*maxArguments/)
  assert.match(failure('a;'.repeat(10), { maxCharacters: 19 }), /CONFIG_LIMIT .*maxCharacters/)
  const bomb = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`${i}.conf`, i === 5 ? 'x;' : `include ${`${i + 1}.conf `.repeat(50)};`]),
  )
  const error = onlyCoded(() => parseFile('0.conf', memoryFiles(bomb)))
  assert.match(error?.message ?? '', /maxIncludes/)
})

const SAMPLE = `
listen 1935 "[::]:1936"; # both
vhost 'a b' {
    hls { enabled on; hls_m3u8_file "[app]/[stream].m3u8"; }
    exec { publish ./ffmpeg -i 'a "b"' -f flv; publish x; }
}
`

test('what is written from directives parses to the same', () => {
  const once = parseText(SAMPLE)
  assert.deepEqual(parse(stringify(once)), plain(once))
})

test('no text makes it throw anything but a ConfigError, and what it takes survives being written', () => {
  const decoder = new TextDecoder()
  for (const bytes of mutations(new TextEncoder().encode(SAMPLE), 3000)) {
    const text = decoder.decode(bytes)
    onlyCoded(() => {
      const directives = parseText(text)
      assert.deepEqual(parse(stringify(directives)), plain(directives))
    })
  }
  for (let length = 0; length < SAMPLE.length; length++) onlyCoded(() => parseText(SAMPLE.slice(0, length)))
})
