import type { Scope } from '@millrace/core'

import { Program, words } from '../support/program.ts'
import { benchClip } from './publisher.ts'
import { buildGenerator } from './tools.ts'

export interface Publishers {
  /** `rtmp://` URL of which stream 0 gets the name with a 0 behind, and so on. */
  readonly url: string
  readonly streams: number
  /** Publishers that begin each second: key frames, and with them segments, are spread. */
  readonly joinsPerSecond: number
}

/** Publishes the clip of the benches as many streams from one process; resolves when the server has accepted all of them. */
export async function publishMany(scope: Scope, { url, streams, joinsPerSecond }: Publishers): Promise<Program> {
  const [binary, clip] = await Promise.all([buildGenerator(), benchClip()])
  const args = words(`-url ${url} -players ${streams} -ramp ${joinsPerSecond} -publish`)
  const program = await Program.start(scope, binary, [...args, clip])
  await program.line(/^publishing /, 60_000)
  return program
}
