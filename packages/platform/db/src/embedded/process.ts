import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync, readlinkSync } from 'node:fs'
import path from 'node:path'

import { ServiceError } from '@millrace/core'

/**
 * When process `pid` started, as an opaque text, or undefined when there is no such process. Together with the id it tells
 * a process from a later one with the same id.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // state Z or X: dead, only its entry is left; the 22nd field is the start in clock ticks since boot
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}

/** Whether `pid` is a postgres that serves `dataDir`: the server makes it its working directory. */
export function servesDataDir(pid: number, dataDir: string): boolean {
  if (processStart(pid) === undefined) return false
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir)
    } catch {
      return false
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.includes('postgres') && stdout.includes(dataDir)
}

/** A way to run PostgreSQL's programs, which refuse to run as root. */
export interface RunAs {
  /** Put before each command. */
  prefix: readonly string[]
  uid?: number
  gid?: number
}

const NOBODY = 65_534
/** `daemon` or `bin`: in every /etc/passwd, which initdb looks into. */
const SYSTEM_UID = 1

/**
 * As an ordinary user: as is. As root: in a user namespace, where files stay root's; where those are forbidden (some
 * containers) as `nobody`, which needs paths that everybody may enter. Throws `EMBEDDED_PG_ROOT` when neither works.
 */
export function chooseRunAs(program: string): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] }
  const namespace = ['unshare', '--user', `--map-user=${SYSTEM_UID}`, `--map-group=${SYSTEM_UID}`]
  if (spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0) return { prefix: namespace }
  const asNobody: RunAs = { prefix: [], uid: NOBODY, gid: NOBODY }
  if (spawnSync(program, ['--version'], { uid: NOBODY, gid: NOBODY }).status === 0) return asNobody
  throw new ServiceError(
    'EMBEDDED_PG_ROOT',
    'PostgreSQL does not run as root, and here neither user namespaces nor user "nobody" can be used: run as another user, or set DATABASE_URL',
  )
}

/** Makes a child get SIGINT when this process dies, so that kill -9 leaves no orphan (Linux; must be spawned by the main thread). */
export function deathSignal(): readonly string[] {
  const command = ['setpriv', '--pdeathsig', 'INT']
  return spawnSync('setpriv', [...command.slice(1), 'true']).status === 0 ? command : []
}

/** Runs a program to its end. Throws `EMBEDDED_PG_COMMAND` with its stderr when it fails. */
export async function run(command: readonly string[], as: RunAs): Promise<void> {
  const [program, ...args] = [...as.prefix, ...command]
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], ...ids(as) })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) {
    const name = path.basename(command[0]!)
    throw new ServiceError('EMBEDDED_PG_COMMAND', `${name} failed (${code}): ${stderr.trim()}`, { details: { name } })
  }
}

/** The part of spawn's options that says as whom. */
export function ids(as: RunAs): { uid?: number; gid?: number } {
  return { ...(as.uid === undefined ? {} : { uid: as.uid }), ...(as.gid === undefined ? {} : { gid: as.gid }) }
}
