import { errorCode, errorMessage, type Logger } from '@millrace/core'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { Publisher } from '../../broadcast/broadcasts.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import type { StartChild } from '../../io/child-set.ts'
import type { Child, Children } from '../../io/child.ts'
import { PublishPrograms } from '../../broadcast/publish-programs.ts'
import { timeVariables } from '../../variables.ts'
import { clientVariables, commandOf } from './exec-command.ts'

/** What the file says at the moment. */
export interface ExecSettings {
  /** Command lines to run while a stream is on. */
  readonly publish: readonly (readonly string[])[]
  readonly logDir: string
  readonly utc: boolean
}

export interface ExecDeps {
  /** Undefined for a vhost without. */
  readonly settingsOf: (vhost: string) => ExecSettings | undefined
  /** Of the node's first RTMP listener. */
  readonly rtmpPort: () => number
  readonly children: Pick<Children, 'start'>
  readonly logger: Logger
}

/**
 * Runs the programs of the file while a stream is on; one that ends before is run again.
 *
 * SRS: output that is not redirected goes to a file of `ff_log_dir`; `[url]` has the node's own address, where SRS takes whatever
 * host the publisher named.
 * @see SRS 4 `full.conf`, "exec"
 */
export class Exec extends PublishPrograms {
  constructor(deps: ExecDeps) {
    super(({ stream }, request) => wanted(deps, stream, request))
  }
}

function wanted(
  deps: ExecDeps,
  stream: Publisher['stream'],
  request: AdmissionRequest,
): ReadonlyMap<string, StartChild> {
  const settings = deps.settingsOf(stream.key.vhost)
  if (!settings) return new Map()
  const { publish, logDir, utc } = settings
  const start = (template: readonly string[], i: number): Child | undefined => {
    const { vhost, app, name } = stream.key
    const log = logFile(logDir, 'exec', vhost, app, name, String(i + 1))
    try {
      const times = timeVariables(Date.now(), utc)
      const command = commandOf(template, { ...times, ...clientVariables(stream.key, request, deps.rtmpPort()) })
      const { stdout = log, stderr = log } = command
      return deps.children.start({ ...command, name: `exec ${stream.id} ${i + 1}`, stdout, stderr })
    } catch (error) {
      const fields = { stream: stream.id, exec: i + 1, code: errorCode(error), error: errorMessage(error) }
      deps.logger.warn(fields, 'program not started')
      return undefined
    }
  }
  return new Map(publish.map((template, i) => [JSON.stringify([i, template]), () => start(template, i)]))
}
