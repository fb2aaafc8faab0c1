import type { Scope } from '@millrace/core'

import { SupportError } from '../support/errors.ts'
import { Program, words } from '../support/program.ts'
import { buildGenerator } from './tools.ts'

export interface Load {
  readonly url: string
  readonly players: number
  /** Players beside the others that stop reading after their first frame. */
  readonly frozenPlayers: number
  readonly windowSeconds: number
  readonly joinsPerSecond: number
  readonly serverPid: number
}

/** What flvload measured; see flvload/report.go. Frozen players are not counted. */
export interface LoadResult {
  readonly players: number
  readonly playing: number
  readonly failed: number
  readonly dropped: number
  readonly stalled: number
  readonly failures: Readonly<Record<string, number>>
  readonly seconds: number
  readonly bytes: number
  readonly megabitsPerSecond: number
  /** Media time received over wall time: of the slowest player, and of the median one. */
  readonly mediaRateMin: number
  readonly mediaRateP50: number
  readonly firstFrameMsP50: number
  readonly firstFrameMsP99: number
  readonly generatorCpuPercent: number
  readonly serverCpuPercent: number
  readonly serverCpuSecondsPerGbit: number
  readonly serverRssMb: number
  readonly serverRssMbAtBegin: number
  readonly serverPeakRssMb: number
  readonly coreBusyPercent: readonly number[]
  readonly stealPercent: number
}

/** Runs the generator to its end. Rejects with `SUPPORT_GENERATOR` when it ended without a result. */
export async function generateLoad(scope: Scope, load: Load): Promise<LoadResult> {
  const binary = await buildGenerator()
  const { url, players, frozenPlayers, windowSeconds, joinsPerSecond, serverPid } = load
  const program = await Program.start(
    scope,
    binary,
    words(`-url ${url} -players ${players} -frozen ${frozenPlayers} -window ${windowSeconds}s
      -ramp ${joinsPerSecond} -pid ${serverPid}`),
  )
  const { code } = await program.exited
  if (code !== 0) throw new SupportError('SUPPORT_GENERATOR', `flvload ended with ${code}: ${program.output}`)
  return JSON.parse(program.output.slice(program.output.indexOf('{'))) as LoadResult
}
