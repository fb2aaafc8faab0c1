import assert from 'node:assert/strict'
import test from 'node:test'

import { loadConfig, type LoadedConfig } from '@millrace/config'
import type { Logger } from '@millrace/core'

import { Reloader } from './reloader.ts'

const BASE = 'listen 127.0.0.1:0; http_server { enabled on; listen 127.0.0.1:0; }'
const VHOST = 'vhost __defaultVhost__ { http_remux { enabled on; } }'

const load = (text: string): LoadedConfig => loadConfig('srs.conf', { files: { read: () => text, glob: () => [] } })

/** A reloader of a text that the test changes, and what it logs. */
function setUp(first: string) {
  const state = { text: first }
  const lines: string[] = []
  const write = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger }
  const { config } = load(first)
  assert.ok(config)
  const applied: number[] = []
  const reloader = new Reloader(config, {
    load: () => load(state.text),
    apply: ({ max_connections: max }) => applied.push(max),
    logger,
  })
  const reload = (text: string): string[] => {
    state.text = text
    lines.length = 0
    reloader.reload()
    return lines
  }
  return { reload, applied, reloader }
}

test('what changes at once or for the next is told apart from what needs a restart', () => {
  const { reload, applied } = setUp(`${BASE} ${VHOST}`)
  assert.deepEqual(reload(`${BASE} ${VHOST}`), ['configuration reloaded: nothing has changed {}'])
  assert.deepEqual(reload(`${BASE} max_connections 5; pid x; ${VHOST.replace('on', 'off')}`), [
    'configuration reloaded {"changes":["max_connections","vhost[__defaultVhost__].http_remux.enabled"]}',
    'these changes need a restart {"changes":["pid"]}',
  ])
  assert.deepEqual(applied, [5])
})

test('a directive without effect is told of once', () => {
  const { reload } = setUp(`${BASE} ${VHOST}`)
  const pithy = (ms: number): string => `${BASE} ${VHOST} pithy_print_ms ${ms};`
  assert.equal(reload(pithy(5)).at(-1), 'these changes are of directives without effect {"changes":["pithy_print_ms"]}')
  assert.deepEqual(reload(pithy(6)), ['configuration reloaded {"changes":[]}'])
})

test('a broken file says what is wrong and changes nothing', () => {
  const { reload, applied, reloader } = setUp(`${BASE} ${VHOST}`)
  const before = reloader.config
  assert.deepEqual(reload(`${BASE}\nmax_conections 7;`), [
    'srs.conf:2:1: error: unknown directive "max_conections", did you mean "max_connections"? (CONFIG_UNKNOWN) {}',
    'configuration not reloaded: the node goes on as before {"errors":1}',
  ])
  assert.equal(reloader.config, before)
  assert.deepEqual(applied, [])
})
