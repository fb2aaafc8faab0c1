import type { VhostConfig } from '@millrace/config'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import { copyArgs, inputArgs, outputArgs, type Engine } from '../../ffmpeg/engine.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import { rtmpTarget } from '../../ffmpeg/own-stream.ts'
import { ChildSet, type StartChild } from '../../io/child-set.ts'
import type { Child, Children } from '../../io/child.ts'
import { substitute, timeVariables } from '../../variables.ts'

type IngestConfig = VhostConfig['ingest'][number]

/** What the file says at the moment. */
export interface IngestSettings {
  readonly vhosts: readonly Pick<VhostConfig, 'name' | 'enabled' | 'ingest'>[]
  readonly logDir: string
  /** Of FFmpeg. */
  readonly logLevel: string
  readonly utc: boolean
}

export interface IngestDeps {
  /** Of the node's first RTMP listener. */
  readonly rtmpPort: () => number
  readonly children: Pick<Children, 'start'>
  readonly logger: Logger
}

/**
 * Files and streams that FFmpeg brings in, for as long as the file says so. A file that is over begins again.
 * @see SRS 4 `full.conf`, "ingest"
 */
export class Ingests {
  readonly #deps: IngestDeps
  readonly #programs = new ChildSet()

  constructor(deps: IngestDeps) {
    this.#deps = deps
  }

  /** Starts what is new, ends what is gone, and does both with what is different; the others don't notice. */
  update(settings: IngestSettings): void {
    const { vhosts, logDir, logLevel } = settings
    const wanted = new Map<string, StartChild>()
    for (const { name: vhost, enabled, ingest } of vhosts) {
      for (const each of enabled ? ingest.filter((one) => one.enabled) : []) {
        for (const engine of each.engine) {
          const { name, ffmpeg, input } = each
          const told = JSON.stringify([vhost, name, ffmpeg, input, engine, logDir, logLevel])
          wanted.set(told, () => this.#start(vhost, each, engine, settings))
        }
      }
    }
    this.#programs.update(wanted)
  }

  #start(vhost: string, ingest: IngestConfig, engine: Engine, settings: IngestSettings): Child | undefined {
    const { input, ffmpeg, name } = ingest
    const output = substitute(engine.output, {
      ...timeVariables(Date.now(), settings.utc),
      vhost,
      port: String(this.#deps.rtmpPort()),
    })
    const { app = '', stream = '' } = rtmpTarget(output) ?? {}
    const log = logFile(settings.logDir, 'ffmpeg-ingest', vhost, app, stream)
    try {
      if (input.url === '' || output === '') throw new CodedError('FFMPEG_OUTPUT', 'an input and an output are needed')
      // SRS: without both encoders, or with the engine off, streams stay as they are
      const copied = !engine.enabled || engine.vcodec === '' || engine.acodec === ''
      return this.#deps.children.start({
        name: `ingest ${vhost} ${name}`,
        program: ffmpeg || 'ffmpeg',
        args: [
          '-loglevel',
          settings.logLevel,
          ...(input.type === 'file' ? ['-re'] : []),
          ...(copied ? ['-i', input.url] : inputArgs(engine, input.url)),
          ...(copied ? copyArgs(output) : outputArgs(engine, output)),
        ],
        stdout: log,
        stderr: log,
      })
    } catch (error) {
      const fields = { vhost, ingest: name, code: errorCode(error), error: errorMessage(error) }
      this.#deps.logger.warn(fields, 'ingest not started')
      return undefined
    }
  }
}
