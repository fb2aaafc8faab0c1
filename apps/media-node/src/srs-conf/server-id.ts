import { randomInt } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * The server's id in answers of the API: as configured, else what it was the last time, else a new one. It is kept beside the
 * pid file, if that can be written.
 */
export function serverId(configured: string, pidFile: string): string {
  const file = pidFile.replace(/(\.pid)?$/, '.id')
  const id = configured || readId(file) || `vid-${Array.from({ length: 7 }, () => LETTERS[randomInt(36)]).join('')}`
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, id)
  } catch {
    // it will be another the next time
  }
  return id
}

function readId(file: string): string | undefined {
  try {
    const id = readFileSync(file, 'utf8').trim()
    return /^[\w.:-]{1,64}$/.test(id) ? id : undefined
  } catch {
    return undefined
  }
}
