import type { VhostConfig } from '@millrace/config'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { BroadcastObserver, Publisher } from '../../broadcast/broadcasts.ts'
import { inputArgs, outputArgs, type Engine } from '../../ffmpeg/engine.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import { isThisMachine, rtmpTarget } from '../../ffmpeg/own-stream.ts'
import type { Child, Children } from '../../io/child.ts'
import { streamVariables, substitute, timeVariables } from '../../variables.ts'

type TranscodeConfig = VhostConfig['transcode'][number]

/** What the file says at the moment. */
export interface TranscodeSettings {
  readonly blocks: readonly TranscodeConfig[]
  readonly logDir: string
  readonly utc: boolean
}

export interface TranscodeDeps {
  readonly settingsOf: (vhost: string) => TranscodeSettings | undefined
  /** The vhost that clients of a name get; undefined without. */
  readonly vhostOf: (name: string) => string | undefined
  /** Of the node's first RTMP listener. */
  readonly rtmpPort: () => number
  readonly children: Pick<Children, 'start'>
  readonly logger: Logger
}

/** Blocks of the file that a stream came through. */
type Lineage = ReadonlySet<string>

/**
 * Runs FFmpeg for each engine of the file while a stream is on.
 *
 * SRS: a stream that came through a block is not transcoded by that block again, wherever its engines are; other blocks still do. SRS
 * drops all engines as soon as one of them would loop, and says nothing. The input has the node's own address and port, where SRS
 * takes the port that the publisher dialled. Without a path, FFmpeg is looked for in `PATH`, where SRS starts nothing.
 * @see SRS 4 `full.conf`, "transcode"
 */
export class Transcode implements BroadcastObserver {
  readonly #deps: TranscodeDeps
  /** Of streams that engines make, by their ids. */
  readonly #made = new Map<string, Lineage>()

  constructor(deps: TranscodeDeps) {
    this.#deps = deps
  }

  began(publisher: Publisher, request: AdmissionRequest): void {
    const { stream, ended } = publisher
    const { key } = stream
    const settings = this.#deps.settingsOf(key.vhost)
    if (!settings) return
    const lineage = this.#made.get(stream.id) ?? new Set()
    const running = settings.blocks
      .filter((block) => block.enabled && applies(block.name, key))
      .flatMap((block) =>
        block.engine
          .filter(({ enabled }) => enabled)
          .flatMap((engine) => this.#start({ block, engine, settings, lineage, key, request }) ?? []),
      )
    void ended.then(() => Promise.all(running.map((stop) => stop())))
  }

  /** Starts one engine; answers what ends it, or undefined when it is not started, which is logged. */
  #start(run: EngineRun): (() => Promise<void>) | undefined {
    const { block, engine, settings, lineage, key } = run
    const id = `${key.vhost}/${key.app}/${key.name}`
    const logger = this.#deps.logger.child({ stream: id, transcode: block.name, engine: engine.name })
    const output = this.#output(run)
    const madeId = this.#ownStream(output)
    const blockId = `${key.vhost} ${block.name}`
    if (lineage.has(blockId) || madeId === id) {
      logger.info({ code: 'TRANSCODE_LOOP' }, 'engine left out: the stream comes from its own transcode block')
      return undefined
    }
    try {
      if (output === '') throw new CodedError('FFMPEG_OUTPUT', 'the engine has no output')
      const input = `rtmp://127.0.0.1:${this.#deps.rtmpPort()}/${key.app}?vhost=${key.vhost}/${key.name}`
      const log = logFile(settings.logDir, 'ffmpeg-encoder', key.vhost, key.app, key.name, engine.name)
      const child = this.#deps.children.start({
        name: `transcode ${id} ${engine.name}`,
        program: block.ffmpeg || 'ffmpeg',
        args: [...inputArgs(engine, input), ...outputArgs(engine, output)],
        stdout: log,
        stderr: log,
      })
      return this.#follow(child, madeId, new Set([...lineage, blockId]))
    } catch (error) {
      logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'engine not started')
      return undefined
    }
  }

  /** Remembers what an engine makes, until it is ended. */
  #follow(child: Child, madeId: string | undefined, lineage: Lineage): () => Promise<void> {
    if (madeId !== undefined) this.#made.set(madeId, lineage)
    return async () => {
      await child.stop()
      if (madeId !== undefined && this.#made.get(madeId) === lineage) this.#made.delete(madeId)
    }
  }

  #output({ engine, settings, key, request }: EngineRun): string {
    return substitute(engine.output, {
      ...timeVariables(Date.now(), settings.utc),
      ...streamVariables(key),
      port: String(this.#deps.rtmpPort()),
      param: request.param ?? '',
      engine: engine.name,
    })
  }

  /** The id of the node's own stream that a URL names. */
  #ownStream(url: string): string | undefined {
    const target = rtmpTarget(url)
    if (!target || target.port !== this.#deps.rtmpPort() || !isThisMachine(target.host)) return undefined
    const vhost = this.#deps.vhostOf(target.vhost)
    return vhost === undefined ? undefined : `${vhost}/${target.app}/${target.stream}`
  }
}

interface EngineRun {
  readonly block: TranscodeConfig
  readonly engine: Engine
  readonly settings: TranscodeSettings
  readonly lineage: Lineage
  readonly key: StreamKey
  readonly request: AdmissionRequest
}

/** Whether a block is for a stream: of the whole vhost, of its app, or of it alone. */
function applies(scope: string, { app, name }: StreamKey): boolean {
  return scope === '' || scope === app || scope === `${app}/${name}`
}
