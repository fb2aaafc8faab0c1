import assert from 'node:assert/strict'
import test from 'node:test'

import { createLogger, logLevel, type LoggerOptions } from './logger.ts'
import { textLine } from './text-line.ts'

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const log = createLogger({ name: 'worker', format: 'json', write: (line) => lines.push(line), ...options })
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

test('writes one JSON object per line with time, level, name, message and the fields of its parents', () => {
  const { log, lines, entries } = capture()
  log.child({ cid: 'c1' }).warn({ bytes: 12 }, 'closed')
  assert.equal(lines[0]?.at(-1), '\n')
  const { time, ...rest } = entries()[0] ?? {}
  assert.match(String(time), /^\d{4}-.*Z$/)
  assert.deepEqual(rest, { level: 'warn', name: 'worker', cid: 'c1', bytes: 12, msg: 'closed' })
})

test('drops lines under its level', () => {
  const { log, lines } = capture({ level: 'warn' })
  log.info({}, 'no')
  log.error({}, 'yes')
  assert.equal(lines.length, 1)
})

test('an unknown level is info', () => {
  assert.equal(logLevel('verbose'), 'info')
  assert.equal(logLevel('debug'), 'debug')
  assert.equal(logLevel(undefined), 'info')
})

test('redacts fields, messages, bound fields and errors', () => {
  const { log, lines } = capture()
  log
    .child({ secret: 'hunter2hunter2' })
    .error({ url: 'rtmp://h/live/x?key=hunter2hunter2', err: new Error('?token=hunter2hunter2') }, 'key=hunter2hunter2')
  assert.doesNotMatch(lines.join(''), /hunter2/)
})

test('writes text for people, one line whatever a peer sent', () => {
  const { log, lines } = capture({ format: 'text' })
  log.info({ stream: 'live/cam', note: 'a b' }, 'play\n\x1b[31mforged')
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}worker {3}play\\n\\u001b\[31mforged stream=live\/cam note="a b"\n$/,
  )
})

test('colours warnings only when asked to', () => {
  const line = JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level: 'warn', name: 'x', msg: 'm' })
  assert.ok(textLine(line, true).includes('\x1b[33mWARN'))
  assert.ok(!textLine(line, false).includes('\x1b'))
})
