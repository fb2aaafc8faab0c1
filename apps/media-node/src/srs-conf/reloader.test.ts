import assert from 'node:assert/strict'
import test from 'node:test'

import { loadConfig, type LoadedConfig } from '@millrace/config'
import { Scope, silentLogger, type Logger } from '@millrace/core'
import { mutations, Random } from '@millrace/testkit'

import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPublisher, rtmpMessage } from '../../../../test/support/raw-rtmp.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { CONFIGURATIONS } from '../../../../test/support/test-stream.ts'
import { compose } from '../compose.ts'
import { confSettings } from './conf-settings.ts'
import { Reloader } from './reloader.ts'
import { Vhosts } from './vhosts.ts'

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

/** Publishes `live/x`, each picture numbered, and tells the number of the newest. */
async function publishNumbered(scope: Scope, port: number): Promise<() => number> {
  const socket = await rawPublisher(scope, port, 'live', 'x')
  socket.write(CONFIGURATIONS)
  let count = 0
  const timer = setInterval(() => {
    const body = Buffer.from('170100000000000006658800000000', 'hex')
    body.writeUIntBE(count++, body.length - 3, 3)
    socket.write(rtmpMessage(6, 9, 1, body))
    socket.write(rtmpMessage(6, 8, 1, Buffer.from('af012110', 'hex')))
    // the player keeps a hundred tags, and gets those of 350 ms at once
  }, 20)
  scope.defer(() => clearInterval(timer))
  return () => count
}

/** Valid and broken files, of other vhosts and of directives that those who are connected don't depend on. */
function* files(count: number): Generator<string> {
  const random = new Random(5)
  const decoder = new TextDecoder()
  for (let i = 0; i < count; i++) {
    const other = `vhost v${random.int(5)} { hls { enabled on; hls_fragment ${1 + random.int(9)}; } security { enabled on; deny play all; } }`
    const more = ['', 'gop_cache off;', 'min_latency on;', 'publish { normal_timeout 900; }'][random.int(4)]
    const text = `${BASE} max_connections ${100 + random.int(900)}; ${VHOST.replace('{', `{ ${more}`)} ${other}`
    if (random.int(2) === 0) yield text
    else for (const bytes of mutations(new TextEncoder().encode(text), 1, i)) yield decoder.decode(bytes)
  }
}

test('in a storm of reloads a player misses not one picture', async (t) => {
  const scope = testScope(t)
  const { config } = load(`${BASE} ${VHOST}`)
  assert.ok(config)
  const vhosts = new Vhosts(config)
  const node = new Scope()
  scope.defer(() => node.close())
  const { ports, listeners, refresh } = await compose(confSettings(config, 'vid-test'), node, silentLogger, vhosts)
  let text = ''
  const reloader = new Reloader(config, {
    load: () => load(text),
    apply(changed) {
      vhosts.update(changed)
      refresh()
      listeners.limit(changed.max_connections)
    },
    logger: silentLogger,
  })
  const published = await publishNumbered(scope, ports.rtmp)
  const numbers: number[] = []
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${ports.http}/live/x.flv`)
  await player.until('a picture', () => player.videoFrames > 0)
  const collect = (): void => {
    for (const { body } of player.tags.splice(0)) {
      if (body[0] === 0x17 && body[1] === 1) numbers.push(Buffer.from(body).readUIntBE(body.length - 3, 3))
    }
  }
  const results = new Set<string>()
  for (text of files(200)) {
    results.add(reloader.reload().type)
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  assert.deepEqual([...results].toSorted(), ['applied', 'failed'])
  const last = published()
  await player.until('the newest picture', () => {
    collect()
    return (numbers.at(-1) ?? 0) >= last
  })
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, i) => numbers[0]! + i),
  )
})
