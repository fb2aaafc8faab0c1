import { parseArgs } from 'node:util'

import { SupportError } from '../support/errors.ts'
import type { Protocol } from './servers/server.ts'

export interface BenchOptions {
  readonly scenario: 'fanout' | 'stalled'
  readonly players: readonly number[]
  readonly protocols: readonly Protocol[]
  readonly flushesMs: readonly number[]
  readonly windowSeconds: number
  readonly joinsPerSecond: number
  /** Names of the peers to measure beside ours. */
  readonly peers: readonly string[]
  /** Peers are measured with at most so many players. */
  readonly peerPlayers: number
  readonly millrace: boolean
}

export const USAGE = `npm run bench:fanout -- [OPTION …]
  --scenario fanout|stalled   players in numbers, or one that stopped reading among 500 (default fanout)
  --players 2000,5000         players of 1 Mbit/s
  --protocol flv,rtmp
  --flush 350,40              flush intervals of millrace in ms
  --seconds 20                measured window
  --ramp 200                  joins a second
  --peers nginx-rtmp,node-media-server, or none
  --peer-players 2000         peers are not asked for more
  --no-millrace               peers alone
`

const PEERS = ['nginx-rtmp', 'node-media-server']

/** Reads the command line. Throws `BENCH_USAGE`. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parse(args)
  const scenario = oneOf('scenario', values.scenario, ['fanout', 'stalled'] as const)
  const stalled = scenario === 'stalled'
  return {
    scenario,
    players: numbers('players', values.players ?? (stalled ? '500' : '2000,5000')),
    protocols: values.protocol.split(',').map((name) => oneOf('protocol', name, ['flv', 'rtmp'] as const)),
    flushesMs: numbers('flush', values.flush ?? (stalled ? '350' : '350,40')),
    windowSeconds: number('seconds', values.seconds ?? (stalled ? '60' : '20')),
    joinsPerSecond: number('ramp', values.ramp),
    peers: values.peers === 'none' ? [] : values.peers.split(',').map((name) => oneOf('peers', name, PEERS)),
    peerPlayers: number('peer-players', values['peer-players']),
    millrace: values.millrace,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        scenario: { type: 'string', default: 'fanout' },
        players: { type: 'string' },
        protocol: { type: 'string', default: 'flv,rtmp' },
        flush: { type: 'string' },
        seconds: { type: 'string' },
        ramp: { type: 'string', default: '200' },
        peers: { type: 'string', default: PEERS.join(',') },
        'peer-players': { type: 'string', default: '2000' },
        millrace: { type: 'boolean', default: true },
      },
    })
  } catch (cause) {
    throw new SupportError('BENCH_USAGE', USAGE, { cause })
  }
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (!(value >= 0) || text.trim() === '') throw new SupportError('BENCH_USAGE', `--${option} ${text}: not a number`)
  return value
}

const numbers = (option: string, text: string): number[] => text.split(',').map((part) => number(option, part))

function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text)
  if (found === undefined) throw new SupportError('BENCH_USAGE', `--${option} ${text}: one of ${allowed.join(', ')}`)
  return found
}
