import { randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'

import { connect } from '../connect.ts'
import type { RunAs } from './process.ts'

/** Who may connect. The socket is the owner's alone anyway; the password is for programs of the same user. */
const BY_PASSWORD = 'local all all scram-sha-256\n'
const BY_SOCKET = 'local all all trust\n'

/** The superuser's password. */
export interface Password {
  text: string
  /** Whether the server asks for it already. */
  isSet: boolean
}

/** The password in `dir`, made if missing. Unless the server knows it, it is to be started without and told by `requirePassword`. */
export async function preparePassword(dir: string, dataDir: string, as: RunAs): Promise<Password> {
  const known = await readPassword(dir)
  const isSet = known !== undefined && (await fs.readFile(hbaFile(dataDir), 'utf8').catch(() => '')) === BY_PASSWORD
  if (isSet) return { text: known, isSet }
  const text = randomBytes(24).toString('base64url')
  await fs.writeFile(passwordFile(dir), `${text}\n`, { mode: 0o600, flush: true })
  await writeHba(dataDir, BY_SOCKET, as)
  return { text, isSet: false }
}

/** The password of the server on `dir`, if it has one. */
export async function readPassword(dir: string): Promise<string | undefined> {
  const text = await fs.readFile(passwordFile(dir), 'utf8').catch(() => '')
  return text.trim() || undefined
}

/** Tells a server that runs the password of `user`, and to ask for it from now on. */
export async function requirePassword(
  url: string,
  user: string,
  { text }: Password,
  dataDir: string,
  as: RunAs,
): Promise<void> {
  const sql = connect(url, { maxConnections: 1 })
  try {
    await sql.unsafe(`alter role ${user} password '${text}'`)
    await writeHba(dataDir, BY_PASSWORD, as)
    await sql`select pg_reload_conf()`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

const passwordFile = (dir: string): string => path.join(dir, 'password')
const hbaFile = (dataDir: string): string => path.join(dataDir, 'pg_hba.conf')

async function writeHba(dataDir: string, text: string, { uid, gid }: RunAs): Promise<void> {
  const file = hbaFile(dataDir)
  await fs.writeFile(file, text, { mode: 0o600 })
  if (uid !== undefined && gid !== undefined) await fs.chown(file, uid, gid)
}
