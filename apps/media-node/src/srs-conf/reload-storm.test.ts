import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { loadConfig, type LoadedConfig } from '@millrace/config'
import { Scope, silentLogger } from '@millrace/core'
import { mutations, Random } from '@millrace/testkit'

import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPublisher, rtmpMessage } from '../../../../test/support/raw-rtmp.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { CONFIGURATIONS, publishTestStream } from '../../../../test/support/test-stream.ts'
import { compose } from '../compose.ts'
import { confSettings } from './conf-settings.ts'
import { Reloader } from './reloader.ts'
import { Vhosts } from './vhosts.ts'

// what files say is written is written there
const scratch = mkdtempSync(path.join(tmpdir(), 'millrace-storm-'))
process.chdir(scratch)
test.after(() => rmSync(scratch, { recursive: true, force: true }))

const BASE = 'listen 127.0.0.1:0; http_server { enabled on; listen 127.0.0.1:0; }'
const REMUX = 'http_remux { enabled on; }'
/** Where streams are that are passed on. */
const COPIES = 'vhost copies { }'
const CALM = `${BASE} vhost __defaultVhost__ { ${REMUX} } vhost v0 { } vhost v1 { } ${COPIES}`
const RELOADS = 200

const load = (text: string): LoadedConfig => loadConfig('srs.conf', { files: { read: () => text, glob: () => [] } })

/** Outputs of a vhost: files, programs, and other servers. */
function outputs(random: Random, port: number): string {
  const maybe = (text: string): string => (random.int(3) === 0 ? text : '')
  const program = `sleep ${1000 + random.int(3)}`
  const copy = `rtmp://127.0.0.1:${port}/live?vhost=copies/[stream]_${random.int(2)}`
  return [
    maybe(`hls { enabled on; hls_fragment ${1 + random.int(9)}; hls_path hls${random.int(2)}; }`),
    maybe(`dash { enabled on; dash_fragment ${1 + random.int(9)}; dash_path dash; }`),
    maybe(`hds { enabled on; hds_fragment ${1 + random.int(9)}; hds_path hds; }`),
    maybe(`dvr { enabled on; dvr_path dvr/[stream].[timestamp].${random.int(9)}.flv; }`),
    maybe(`forward { enabled on; destination rtmp://127.0.0.1:${port}/live/[stream]${random.int(2)}?vhost=copies; }`),
    maybe(`exec { enabled on; publish ${program}; }`),
    // both end at once, and are tried again later
    maybe(`transcode { enabled on; ffmpeg false; engine a { enabled on; vcodec copy; acodec copy; output ${copy}; } }`),
    maybe(
      `ingest a { enabled on; ffmpeg false; input { type file; url none; } engine { enabled on; output ${copy}; } }`,
    ),
  ].join(' ')
}

/** Valid and broken files, of what those who play and publish the stream `x` don't depend on. */
function* files(port: number): Generator<string> {
  const random = new Random(5)
  const decoder = new TextDecoder()
  for (let i = 0; i < RELOADS; i++) {
    const deny = 'security { enabled on; deny play all; }'
    const hub = ['', 'play { gop_cache off; }', 'min_latency on;', 'publish { normal_timeout 60000; }'][random.int(4)]
    const others = [0, 1, 2, 3].map((n) =>
      random.int(3) > 0 ? `vhost v${n} { ${deny} ${outputs(random, port)} }` : '',
    )
    const own = `vhost __defaultVhost__ { ${REMUX} ${hub} ${outputs(random, port)} }`
    const text = `${BASE} max_connections ${100 + random.int(900)}; ${own} ${others.join(' ')} ${COPIES}`
    if (random.int(2) === 0) yield text
    else for (const bytes of mutations(new TextEncoder().encode(text), 1, i)) yield decoder.decode(bytes)
  }
}

/** A message of media as it is sent or arrives: what it is, when, and its bytes. */
type Line = readonly [kind: string, timestampMs: number, bytes: string]

const lineOf = (kind: string, timestampMs: number, payload: Uint8Array): Line => [
  kind,
  timestampMs,
  Buffer.from(payload).toString('base64'),
]

/** Publishes `live/x`, each frame another, and tells what it has sent since the configurations. */
async function publishFrames(scope: Scope, port: number): Promise<readonly Line[]> {
  const socket = await rawPublisher(scope, port, 'live', 'x')
  socket.write(CONFIGURATIONS)
  const random = new Random(7)
  const sent: Line[] = []
  const send = (type: 8 | 9, timestampMs: number, head: string): void => {
    const nalu = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(random.bytes(20 + random.int(2000)))])
    if (type === 9) nalu.writeUInt32BE(nalu.length - 9, 5)
    sent.push(lineOf(type === 9 ? 'video' : 'audio', timestampMs, nalu))
    socket.write(rtmpMessage(6, type, 1, nalu, timestampMs))
  }
  let count = 0
  const timer = setInterval(() => {
    const timeMs = 1000 + count * 40
    send(9, timeMs, count++ % 5 === 0 ? '17010000000000000065' : '27010000000000000041')
    send(8, timeMs + 10, 'af01')
  }, 10)
  scope.defer(() => clearInterval(timer))
  return sent
}

/** Asserts that what a player got is what was sent from some frame on, every byte of it, each as long after the one before. */
function assertWhole(got: readonly Line[], sent: readonly Line[], who: string): void {
  const [first] = got
  const from = sent.findIndex(([kind, , bytes]) => kind === first?.[0] && bytes === first[2])
  assert.ok(first && from >= 0, who)
  const offsetMs = first[1] - (sent[from]?.[1] ?? 0)
  const wanted = sent.slice(from, from + got.length).map(([kind, ms, bytes]) => [kind, ms + offsetMs, bytes])
  assert.deepEqual(got, wanted, who)
}

/** What the process holds at the moment: files and sockets, programs, listeners, watchers and timers. */
function resourceMeter(scope: Scope): { held: () => Map<string, number>; started: () => number } {
  const counted = new Set(['Timeout', 'FSEVENTWRAP', 'TCPSERVERWRAP', 'PROCESSWRAP'])
  const live = new Map<number, string>()
  let started = 0
  const hook = createHook({
    init(id, type) {
      if (type === 'PROCESSWRAP') started++
      if (counted.has(type)) live.set(id, type)
    },
    destroy: (id) => void live.delete(id),
  }).enable()
  scope.defer(() => void hook.disable())
  const held = (): Map<string, number> => {
    const counts = new Map<string, number>()
    const count = (what: string, more = 1): void => void counts.set(what, (counts.get(what) ?? 0) + more)
    for (const type of live.values()) count(type)
    for (const type of process.getActiveResourcesInfo()) if (/Server|Process/.test(type)) count(type)
    count('children', readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').length - 1)
    count('descriptors', readdirSync('/proc/self/fd').length)
    return counts
  }
  return { held, started: () => started }
}

test('in a storm of reloads players miss not one byte, and nothing is left of it', async (t) => {
  const scope = testScope(t)
  const { held, started } = resourceMeter(scope)
  const { config } = load(CALM)
  assert.ok(config)
  const vhosts = new Vhosts(config)
  const node = new Scope()
  scope.defer(() => node.close())
  const settings = { ...confSettings(config, 'vid-test'), reconnectWindowMs: 100 }
  const { ports, listeners, refresh } = await compose(settings, node, silentLogger, vhosts)
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

  const sent = await publishFrames(scope, ports.rtmp)
  for (const vhost of ['v0', 'v1']) await publishTestStream(scope, ports.rtmp, `y?vhost=${vhost}`)
  const players: Line[][] = [[], [], []]
  const [rtmp = [], flv = [], ws = []] = players
  const isFrame = (payload: Uint8Array): boolean => payload[1] === 1
  await rawPlayer(scope, `rtmp://127.0.0.1:${ports.rtmp}/live/x`, ({ kind, timestampMs, payload }) => {
    if (isFrame(payload)) rtmp.push(lineOf(kind, timestampMs, payload))
  })
  for (const [protocol, lines] of [
    ['http', flv],
    ['ws', ws],
  ] as const) {
    const player = FlvPlayer.play(
      scope,
      `${protocol}://127.0.0.1:${ports.http}/live/x.flv`,
      ({ type, timestampMs, body }) => {
        if (type !== 18 && isFrame(body)) lines.push(lineOf(type === 9 ? 'video' : 'audio', timestampMs, body))
      },
    )
    await player.until('a picture', () => player.videoFrames > 0)
  }
  const passed = (frames: number): Promise<void> => {
    const until = sent.length + frames
    return t.waitFor(() => assert.ok(sent.length >= until), { interval: 5, timeout: 60_000 })
  }
  await passed(20)
  const before = held()

  const results = new Map<string, number>()
  for (text of files(ports.rtmp)) {
    const { type } = reloader.reload()
    results.set(type, (results.get(type) ?? 0) + 1)
    await passed(1)
  }
  assert.ok((results.get('applied') ?? 0) > 80 && (results.get('failed') ?? 0) > 40, JSON.stringify([...results]))
  text = CALM
  reloader.reload()
  const last = sent.at(-1)?.[2]
  await t.waitFor(
    () => {
      for (const lines of players) assert.ok(lines.some(([, , bytes]) => bytes === last))
    },
    { timeout: 20_000 },
  )
  for (const [i, who] of ['RTMP', 'HTTP-FLV', 'WebSocket'].entries()) assertWhole(players[i] ?? [], sent, who)
  assert.ok(started() > 50 && readdirSync('dvr').length > 5, `${started()}`)
  await t.waitFor(
    () => {
      for (const [what, count] of held()) assert.ok(count <= (before.get(what) ?? 0), `${what}: ${count}`)
    },
    { timeout: 20_000, interval: 20 },
  )
})
