import { readFileSync } from 'node:fs'
import path from 'node:path'

import { createClient, type ClientOptions, type MillraceClient } from '@millrace/client'
import { CodedError } from '@millrace/core'

export type Env = Readonly<Record<string, string | undefined>>

/** What every command has. */
export interface Context {
  readonly env: Env
  /** Prints rows as objects instead of tables. */
  readonly json: boolean
  readonly print: (text: string) => void
}

/** `MILLRACE_URL`, default the control plane of this machine. */
export function controlUrl(env: Env): string {
  return env['MILLRACE_URL'] || `http://localhost:${env['MILLRACE_CONTROL_PORT'] || 4000}`
}

/** Folder of the installation on this machine. */
export function dataDir(env: Env): string {
  return path.resolve(env['MILLRACE_DATA'] || '.millrace')
}

/** `MILLRACE_TOKEN`, else the administrator's of the installation on this machine; undefined without either. */
export function findToken(env: Env): string | undefined {
  if (env['MILLRACE_TOKEN']) return env['MILLRACE_TOKEN']
  try {
    return readFileSync(path.join(dataDir(env), 'admin-token'), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** A client of the control plane. Throws CodedError `CLI_NO_TOKEN`. */
export function clientOf({ env }: Context, options: Partial<ClientOptions> = {}): MillraceClient {
  const token = findToken(env)
  if (token === undefined) {
    const file = path.join(dataDir(env), 'admin-token')
    throw new CodedError('CLI_NO_TOKEN', `no token: set MILLRACE_TOKEN, or run where ${file} is`)
  }
  return createClient({ url: controlUrl(env), token, ...options })
}
