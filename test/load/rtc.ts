/**
 * `npm run bench:rtc`: a stream of 1 Mbit/s published by RTMP and played by many over WebRTC; many publishers of 600 kbit/s; and what
 * the server adds to the time that a packet takes. The server under test is alone on core 0, all clients are one process on
 * core 1. Linux only.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { CodedError, Scope } from '@millrace/core'

import { SupportError } from '../support/errors.ts'
import { startMediaNode, type MediaNode } from '../support/media-node.ts'
import { sampleProcess } from './process-sample.ts'
import { publishClip } from './publisher.ts'
import type { FromClients, LoadCount, LoadOrder, ToClients } from './rtc-clients/load.ts'
import { startPinned, takeOthersCore } from './servers/server.ts'

const USAGE = `npm run bench:rtc -- [OPTION …]
  --runs play,publish,delay
  --players 200,1000          players of 1 Mbit/s by WHEP
  --publishers 500            publishers of 600 kbit/s by WHIP
  --seconds 20                measured window of each run
  --ramp 50                   joins a second
  --engine auto|addon|openssl|typescript
  --profile DIRECTORY         CPU profiles of the media node are written there
`
const CLIENTS = path.join(import.meta.dirname, 'rtc-clients/clients.ts')
/** Between the last join and the window. */
const SETTLE_MS = 3000
const DELAY_PLAYERS = 50

type Options = ReturnType<typeof readOptions>

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string', default: 'play,publish,delay' },
        players: { type: 'string', default: '200,1000' },
        publishers: { type: 'string', default: '500' },
        seconds: { type: 'string', default: '20' },
        ramp: { type: 'string', default: '50' },
        engine: { type: 'string', default: 'auto' },
        profile: { type: 'string' },
      },
    })
    return values
  } catch (cause) {
    throw new SupportError('BENCH_USAGE', USAGE, { cause })
  }
}

function startServer(scope: Scope, { engine, profile }: Options): Promise<MediaNode> {
  return startMediaNode(scope, {
    env: { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0', MILLRACE_RTC_ENGINE: engine, MILLRACE_LOG_LEVEL: 'warn' },
    start: startPinned,
    ...(profile !== undefined && { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${profile}`] }),
  })
}

/** The clients' process. */
class Clients {
  readonly #child: ChildProcess

  constructor(scope: Scope) {
    this.#child = fork(CLIENTS, { stdio: 'inherit', execArgv: [] })
    scope.defer(() => void this.#child.kill('SIGKILL'))
  }

  async join(order: LoadOrder): Promise<void> {
    await this.#ask({ type: 'order', order }, 'up')
  }

  /** What they get, or send, in the time. */
  async count(milliseconds: number): Promise<LoadCount> {
    await this.#ask({ type: 'count' }, 'counting')
    await delay(milliseconds)
    const answer = await this.#ask({ type: 'stop' }, 'counted')
    return (answer as Extract<FromClients, { type: 'counted' }>).count
  }

  async #ask(message: ToClients, expected: FromClients['type']): Promise<FromClients> {
    this.#child.send(message)
    const [answer] = (await Promise.race([
      once(this.#child, 'message'),
      once(this.#child, 'exit').then(() => {
        throw new SupportError('BENCH_CLIENTS', 'the clients have ended')
      }),
    ])) as [FromClients]
    if (answer.type !== expected) throw new SupportError('BENCH_CLIENTS', `the clients said ${answer.type}`)
    return answer
  }
}

/** Runs clients against a server of their own, and says what they cost. */
async function measure(options: Options, order: Omit<LoadOrder, 'joinsPerSecond' | 'url'>): Promise<void> {
  await using scope = new Scope()
  const { kind, clients } = order
  const node = await startServer(scope, options)
  if (kind === 'play') await publishClip(scope, node.rtmpUrl('live/bench'), 3)
  const url = node.httpUrl(kind === 'publish' ? 'live/NAME/whip' : 'live/bench/whep')
  const load = new Clients(scope)
  await load.join({ kind, clients, url, joinsPerSecond: Number(options.ramp) })
  await delay(SETTLE_MS)
  const before = await sampleProcess(node.program.pid)
  const count = await load.count(Number(options.seconds) * 1000)
  const after = await sampleProcess(node.program.pid)
  const seconds = (after.atMs - before.atMs) / 1000
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  const gigabits = (count.bytes * 8) / 1e9
  const facts = [
    `${clients} × ${kind}`,
    `${((gigabits * 1000) / seconds).toFixed(0)} Mbit/s`,
    `${(count.packets / seconds / 1000).toFixed(1)} kpackets/s`,
    ...(gigabits > 0 ? [`${(cpuSeconds / gigabits).toFixed(3)} CPU-s/Gbit`] : []),
    `${((cpuSeconds * 1e6) / Math.max(1, count.packets)).toFixed(2)} µs/packet`,
    `server ${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`,
    `RSS ${after.residentMb.toFixed(0)} MB`,
    ...(kind === 'play' ? [`lost ${count.lost}`, `silent ${count.silent}`] : []),
    ...delays(count.delaysMs),
    `load ${loadavg()[0]?.toFixed(1)}`,
  ]
  console.log(facts.join(', '))
  if (options.profile !== undefined) {
    process.kill(node.program.pid, 'SIGTERM')
    await node.program.exited
  }
}

function delays(delaysMs: readonly number[]): string[] {
  if (delaysMs.length === 0) return []
  const sorted = delaysMs.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2)
  return [`delay p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`]
}

async function main(): Promise<void> {
  const options = readOptions()
  takeOthersCore()
  const runs = options.runs.split(',')
  if (runs.includes('play'))
    for (const players of options.players.split(',')) await measure(options, { kind: 'play', clients: Number(players) })
  if (runs.includes('publish')) await measure(options, { kind: 'publish', clients: Number(options.publishers) })
  if (runs.includes('delay')) await measure(options, { kind: 'delay', clients: DELAY_PLAYERS })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CodedError ? error.message : error)
  process.exitCode = 1
}
