import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { Publisher } from '../../broadcast/broadcasts.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import type { StartChild } from '../../io/child-set.ts'
import type { Child, ChildCommand, Children } from '../../io/child.ts'
import { PublishPrograms } from '../publish-programs.ts'
import { streamVariables, substitute, timeVariables, type Variables } from '../../variables.ts'

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
      const command = commandOf(template, { ...times, ...variablesOf(stream.key, request, deps.rtmpPort()) })
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

function variablesOf(key: StreamKey, { param = '', client }: AdmissionRequest, port: number): Variables {
  const { vhost, app, name } = key
  const query = `${param}${param === '' ? '?' : '&'}vhost=${vhost}`
  return {
    ...streamVariables(key),
    port: String(port),
    param,
    url: `rtmp://127.0.0.1:${port}/${app}/${name}${query}`,
    tcUrl: client.tcUrl ?? '',
    swfUrl: client.swfUrl ?? '',
    pageUrl: client.pageUrl ?? '',
  }
}

/**
 * A command line with its variables, and the files that `>file`, `1>file`, `2>file`, also as words of their own, send its output to:
 * they are appended to.
 *
 * @throws CodedError `EXEC_ARGUMENT` when a variable at the beginning of a word would make an option of it: publishers choose them
 */
export function commandOf(template: readonly string[], variables: Variables): Omit<ChildCommand, 'name'> {
  const outputs: { stdout?: string; stderr?: string } = {}
  const words: string[] = []
  for (let i = 0; i < template.length; i++) {
    const word = template[i] ?? ''
    // `2 > file`
    const split = (word === '1' || word === '2') && template[i + 1]?.startsWith('>') === true
    const [, descriptor, file] = /^([12]?)>{1,2}(.*)$/.exec(split ? `${word}${template[++i]}` : word) ?? []
    if (file === undefined) {
      words.push(argument(word, variables))
      continue
    }
    const target = substitute(file === '' ? (template[++i] ?? '') : file, variables)
    outputs[descriptor === '2' ? 'stderr' : 'stdout'] = target
  }
  const [program = '', ...args] = words
  return { program, args, ...outputs }
}

function argument(template: string, variables: Variables): string {
  const text = substitute(template, variables)
  if (text.startsWith('-') && !template.startsWith('-')) {
    throw new CodedError('EXEC_ARGUMENT', `${template} would be the option ${text}`)
  }
  return text
}
