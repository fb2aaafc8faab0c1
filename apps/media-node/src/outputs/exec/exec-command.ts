import { CodedError } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { ChildCommand } from '../../io/child.ts'
import { streamVariables, substitute, type Variables } from '../../variables.ts'

/** Variables of a stream and of who publishes or plays it. */
export function clientVariables(
  key: StreamKey,
  { param = '', client }: Pick<AdmissionRequest, 'param' | 'client'>,
  port: number,
): Variables {
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
    flashVer: client.userAgent ?? '',
    ip: client.ip,
    client_id: client.id ?? '',
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
