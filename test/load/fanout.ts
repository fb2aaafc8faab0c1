/**
 * `npm run bench:fanout`: one stream of 1 Mbit/s played many times. The server under test is alone on core 0;
 * publisher, generator and this program stay on core 1. See `options.ts` for the command line. Linux only.
 */
import { readFile } from 'node:fs/promises'

import { CodedError, Scope } from '@millrace/core'

import { generateLoad } from './generator.ts'
import { type BenchOptions, parseOptions } from './options.ts'
import { benchClip, publishClip } from './publisher.ts'
import { type Measurement, missedTargets, table } from './report.ts'
import { millrace } from './servers/millrace.ts'
import { nginxRtmp } from './servers/nginx-rtmp.ts'
import { nodeMediaServer } from './servers/node-media-server.ts'
import { type Protocol, type ServerKind, takeOthersCore } from './servers/server.ts'
import { buildGenerator } from './tools.ts'

/** So much is published before players join: a whole GOP for servers that keep one. */
const LEAD_SECONDS = 3

interface Run {
  readonly kind: ServerKind
  readonly protocol: Protocol
  readonly players: number
  readonly flushMs: number
  readonly frozenPlayers: number
}

function plan(options: BenchOptions): Run[] {
  const peers = [nginxRtmp, nodeMediaServer].filter(({ name }) => options.peers.includes(name))
  const kinds = [...(options.millrace ? [millrace] : []), ...peers]
  const frozen = options.scenario === 'stalled' ? [0, 1] : [0]
  return options.protocols.flatMap((protocol) =>
    options.players.flatMap((players) =>
      kinds
        .filter((kind) => kind.protocols.includes(protocol) && (kind === millrace || players <= options.peerPlayers))
        .flatMap((kind) =>
          (kind.mergesWrites ? options.flushesMs : [0]).flatMap((flushMs) =>
            frozen.map((frozenPlayers) => ({ kind, protocol, players, flushMs, frozenPlayers })),
          ),
        ),
    ),
  )
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024
}

async function measure({ kind, protocol, players, flushMs, frozenPlayers }: Run, options: BenchOptions) {
  await using scope = new Scope()
  const server = await kind.start(scope, { flushMs })
  const publisher = await publishClip(scope, server.publishUrl, LEAD_SECONDS)
  const idleRssMb = await residentMb(server.pid)
  const result = await generateLoad(scope, {
    url: server.playUrl(protocol),
    players,
    frozenPlayers,
    windowSeconds: options.windowSeconds,
    joinsPerSecond: options.joinsPerSecond,
    serverPid: server.pid,
  })
  if (!publisher.running) console.error(`the publisher ended early: ${publisher.output.slice(-500)}`)
  const failures = Object.entries(result.failures).map(([why, count]) => `${count} × ${why}`)
  if (failures.length > 0) console.error(`players of ${kind.name}: ${failures.join('; ')}`)
  return {
    server: kind.name,
    protocol,
    flushMs: kind.mergesWrites ? flushMs : null,
    frozenPlayers,
    idleRssMb,
    result,
  } satisfies Measurement
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  takeOthersCore()
  await buildGenerator()
  await benchClip()
  const measurements: Measurement[] = []
  for (const run of plan(options)) {
    const measurement = await measure(run, options)
    measurements.push(measurement)
    console.log(`${table([measurement])}\n`)
  }
  console.log(table(measurements))
  for (const measurement of measurements.filter(({ server }) => server === millrace.name)) {
    const missed = missedTargets(measurement)
    const { protocol, flushMs, result } = measurement
    console.log(
      `${protocol} ${result.players} players, flush ${flushMs} ms: ${missed.join('; ') || 'holds its targets'}`,
    )
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CodedError ? error.message : error)
  process.exitCode = 1
}
