import type { VhostConfig } from '@millrace/config'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import { inputArgs, outputArgs, type Engine } from '../../ffmpeg/engine.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import { isThisMachine, rtmpTarget } from '../../ffmpeg/own-stream.ts'
import type { StartChild } from '../../io/child-set.ts'
import type { Child, Children } from '../../io/child.ts'
import { PublishPrograms } from '../../broadcast/publish-programs.ts'
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
export class Transcode extends PublishPrograms {
  readonly #deps: TranscodeDeps
  /** Of streams that engines make, by their ids. */
  readonly #made = new Map<string, Lineage>()

  constructor(deps: TranscodeDeps) {
    super(({ stream: { key } }, request) => this.#engines(key, request))
    this.#deps = deps
  }

  /** The engines that are to run, by all that they follow from. */
  #engines(key: StreamKey, request: AdmissionRequest): ReadonlyMap<string, StartChild> {
    const engines = new Map<string, StartChild>()
    const settings = this.#deps.settingsOf(key.vhost)
    if (!settings) return engines
    for (const block of settings.blocks.filter(({ enabled, name }) => enabled && applies(name, key))) {
      for (const engine of block.engine.filter(({ enabled }) => enabled)) {
        const told = JSON.stringify([block.name, block.ffmpeg, engine])
        engines.set(told, () => this.#start({ block, engine, settings, key, request }))
      }
    }
    return engines
  }

  /** Starts one engine; undefined when it is not started, which is logged. */
  #start(run: EngineRun): Child | undefined {
    const { block, engine, settings, key } = run
    const id = `${key.vhost}/${key.app}/${key.name}`
    const lineage = this.#made.get(id) ?? new Set()
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
      return this.#remembered(child, madeId, new Set([...lineage, blockId]))
    } catch (error) {
      logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'engine not started')
      return undefined
    }
  }

  /** Remembers what an engine makes, until it is ended. */
  #remembered(child: Child, madeId: string | undefined, lineage: Lineage): Child {
    if (madeId === undefined) return child
    this.#made.set(madeId, lineage)
    return {
      get pid() {
        return child.pid
      },
      stop: async () => {
        await child.stop()
        if (this.#made.get(madeId) === lineage) this.#made.delete(madeId)
      },
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
  readonly key: StreamKey
  readonly request: AdmissionRequest
}

/** Whether a block is for a stream: of the whole vhost, of its app, or of it alone. */
function applies(scope: string, { app, name }: StreamKey): boolean {
  return scope === '' || scope === app || scope === `${app}/${name}`
}
