import type { VhostConfig } from '@millrace/config'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import { copyArgs, inputArgs, outputArgs, type Engine } from '../../ffmpeg/engine.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import { rtmpTarget } from '../../ffmpeg/own-stream.ts'
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
  /** By vhost and id, with what they were started by. */
  readonly #running = new Map<string, { readonly told: string; readonly children: readonly Child[] }>()

  constructor(deps: IngestDeps) {
    this.#deps = deps
  }

  /** Starts what is new, ends what is gone, and does both with what is different; the others don't notice. */
  update(settings: IngestSettings): void {
    const wanted = new Map(
      settings.vhosts
        .filter(({ enabled }) => enabled)
        .flatMap(({ name: vhost, ingest }) =>
          ingest
            .filter(({ enabled }) => enabled)
            .map((each) => [`${vhost} ${each.name}` as string, { vhost, ingest: each }] as const),
        ),
    )
    const { logDir, logLevel } = settings
    const toldOf = (ingest: IngestConfig): string => JSON.stringify([ingest, logDir, logLevel])
    for (const [id, { told, children }] of this.#running) {
      const still = wanted.get(id)
      if (still && toldOf(still.ingest) === told) continue
      this.#running.delete(id)
      for (const child of children) void child.stop()
    }
    for (const [id, { vhost, ingest }] of wanted) {
      if (this.#running.has(id)) continue
      const children = ingest.engine.flatMap((engine) => this.#start(vhost, ingest, engine, settings) ?? [])
      this.#running.set(id, { told: toldOf(ingest), children })
    }
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
