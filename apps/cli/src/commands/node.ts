import { fileURLToPath } from 'node:url'

import { CodedError } from '@millrace/core'

import type { Command } from '../command.ts'

/** What the TypeScript compiles to, from the second start on: that spares half a second, and 25 MB. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/millrace', import.meta.url))

/**
 * `millrace node -c conf/srs.conf`: a media node alone, as a configuration file of SRS wants it. This process becomes the node,
 * so that signals and the pid file are those of the node itself.
 */
export const node: Command = async (args, { env }) => {
  const main = fileURLToPath(new URL('../../../media-node/src/main.ts', import.meta.url))
  if (!process.execve) throw new CodedError('CLI_PLATFORM', `this system has no exec: run ${main} itself`)
  // without arguments it would be the node of a control plane
  const given = args.length > 0 ? args : ['-c', 'conf/srs.conf']
  const cache = { NODE_COMPILE_CACHE: env['NODE_COMPILE_CACHE'] ?? CACHE }
  return process.execve(process.execPath, [process.execPath, main, ...given], { ...env, ...cache })
}
