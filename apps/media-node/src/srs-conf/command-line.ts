import { parseArgs } from 'node:util'

import { CodedError, errorMessage } from '@millrace/core'

/** What `millrace node` is asked to do. */
export type ConfCommand =
  | { readonly type: 'help' }
  | { readonly type: 'version' }
  | { readonly type: 'signature' }
  /** `file` is undefined when only the environment counts. */
  | { readonly type: 'run'; readonly file: string | undefined }
  | { readonly type: 'test'; readonly file: string | undefined }

export const USAGE = `millrace node [-c FILE] [-t]

  -c FILE   configuration file, default conf/srs.conf, then /etc/srs/srs.conf
  -e        no file: SRS_… variables alone
  -t        tests the configuration, and ends
  -v, -V    version
  -g, -G    signature of the server
  -h, -?    this
`

/**
 * Reads the command line as SRS has it.
 *
 * @throws CodedError `NODE_USAGE`
 */
export function readCommandLine(args: readonly string[]): ConfCommand {
  if (args.includes('-?')) return { type: 'help' }
  const short = (letter: string) => ({ type: 'boolean', short: letter }) as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        conf: { type: 'string', short: 'c' },
        environment: short('e'),
        test: short('t'),
        help: short('h'),
        version: short('v'),
        Version: short('V'),
        signature: short('g'),
        Signature: short('G'),
      },
    })
    if (values.help) return { type: 'help' }
    if (values.version || values.Version) return { type: 'version' }
    if (values.signature || values.Signature) return { type: 'signature' }
    return {
      type: values.test ? 'test' : 'run',
      file: values.environment ? undefined : (values.conf ?? 'conf/srs.conf'),
    }
  } catch (error) {
    throw new CodedError('NODE_USAGE', `${errorMessage(error)}\n\n${USAGE}`)
  }
}
