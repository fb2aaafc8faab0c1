import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { processStart } from '@millrace/db/embedded'

/** A process that was started: with its start time, as its number may belong to another one by now. */
interface Entry {
  name: string
  pid: number
  start: string | undefined
}

/** Children that lost their supervisor close by themselves; those that don't in this time are killed. */
const LEFTOVER_GRACE_MS = 5000
const POLL_MS = 50

/** The list of running children on disk. Written at once, so that it is right even after `kill -9`. */
export class Processes {
  readonly #file: string
  readonly #entries = new Map<string, Entry>()

  constructor(file: string) {
    this.#file = file
  }

  add(name: string, pid: number): void {
    this.#entries.set(name, { name, pid, start: processStart(pid) })
    this.#write()
  }

  remove(name: string): void {
    this.#entries.delete(name)
    this.#write()
  }

  #write(): void {
    if (this.#entries.size === 0) rmSync(this.#file, { force: true })
    else writeFileSync(this.#file, JSON.stringify([...this.#entries.values()]), { mode: 0o600 })
  }
}

/** Waits until all processes of a list on disk have gone; kills those that stay, and removes the list. */
export async function endLeftovers(file: string): Promise<void> {
  const deadline = performance.now() + LEFTOVER_GRACE_MS
  for (const { pid, start } of readEntries(file)) {
    const alive = (): boolean => start !== undefined && processStart(pid) === start
    while (alive() && performance.now() < deadline) await delay(POLL_MS)
    if (alive()) process.kill(pid, 'SIGKILL')
    while (alive()) await delay(POLL_MS)
  }
  rmSync(file, { force: true })
}

function readEntries(file: string): Entry[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry[]
  } catch {
    // none, or cut off by the crash of the machine, which left no process either
    return []
  }
}
