import assert from 'node:assert/strict'
import test from 'node:test'

import { srsLine, type SrsLineOptions } from './srs-line.ts'

const OPTIONS: SrsLineOptions = { pid: 7, cid: 'serverid', utc: true, levels: 'srs4', colour: false }

function line(fields: object, options: Partial<SrsLineOptions> = {}): string {
  const entry = { time: '2026-01-02T03:04:05.678Z', level: 'info', name: 'node', ...fields }
  return srsLine(`${JSON.stringify(entry)}\n`, { ...OPTIONS, ...options })
}

test('a line has date, level, process, session and message in the form of SRS', () => {
  assert.equal(
    line({ cid: 'abcdefgh', peer: '127.0.0.1', msg: 'play started' }),
    '[2026-01-02 03:04:05.678][Trace][7][abcdefgh] play started peer=127.0.0.1\n',
  )
  assert.equal(line({ msg: 'ready' }), '[2026-01-02 03:04:05.678][Trace][7][serverid] ready\n')
})

test('warnings and errors have the number of the error of the operating system', () => {
  assert.match(line({ level: 'warn', msg: 'x' }), /\]\[Warn\]\[7\]\[serverid\]\[0\] x$/m)
  assert.match(line({ level: 'error', errno: 'ECONNRESET', msg: 'x' }), /\]\[Error\]\[7\]\[serverid\]\[104\] x$/m)
})

test('levels have the names of SRS 5 where they are wanted, and colours', () => {
  assert.match(line({ level: 'debug', msg: 'x' }, { levels: 'srs5' }), /\[DEBUG\]/)
  assert.ok(line({ level: 'error', msg: 'x' }, { colour: true }).startsWith('\x1b[31m['))
  assert.ok(!line({ msg: 'x' }, { colour: true }).includes('\x1b'))
})

test('times are those of the machine unless they are to be UTC', () => {
  const zone = process.env['TZ']
  process.env['TZ'] = 'Asia/Shanghai'
  assert.match(line({ msg: 'x' }, { utc: false }), /^\[2026-01-02 11:04:05\.678\]/)
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

test('what a peer says forges no line', () => {
  assert.equal(line({ cid: 'c', msg: 'a\n[forged]' }).split('\n').length, 2)
  assert.equal(srsLine('no JSON\n', OPTIONS), 'no JSON\n')
})
