import { appendFile, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { nodeReportSchema, type NodeReport } from '@millrace/contracts'

/** Reports of one run of the node that the control plane hasn't confirmed. */
export interface BootReports {
  bootId: string
  reports: NodeReport[]
}

/**
 * Keeps reports on disk until the control plane has them: one file of JSON lines for each boot, so that a report
 * keeps the number it was given. Lines that a crash cut in two are skipped.
 */
export class Journal {
  readonly #dir: string
  readonly #file: string
  readonly #bootId: string
  #writes: Promise<void> = Promise.resolve()

  private constructor(dir: string, bootId: string) {
    this.#dir = dir
    this.#bootId = bootId
    this.#file = path.join(dir, `${bootId}.ndjson`)
  }

  static async open(dir: string, bootId: string): Promise<Journal> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    return new Journal(dir, bootId)
  }

  /** What earlier boots left behind, oldest boot first. */
  async leftovers(): Promise<BootReports[]> {
    const names = (await readdir(this.#dir)).filter(
      (name) => name.endsWith('.ndjson') && name !== path.basename(this.#file),
    )
    const dated = await Promise.all(
      names.map(async (name) => ({ name, atMs: (await stat(path.join(this.#dir, name))).mtimeMs })),
    )
    return Promise.all(
      dated
        .toSorted((a, b) => a.atMs - b.atMs)
        .map(async ({ name }) => ({ bootId: name.slice(0, -'.ndjson'.length), reports: await this.#read(name) })),
    )
  }

  /** Appends a report; resolves when it is written. */
  append(report: NodeReport): Promise<void> {
    return this.#queue(() => appendFile(this.#file, `${JSON.stringify(report)}\n`, { mode: 0o600 }))
  }

  /** Forgets everything of this boot: the control plane has it all. */
  clear(): Promise<void> {
    return this.#queue(() => truncate(this.#file).catch(ignoreMissing))
  }

  /** Forgets an earlier boot. */
  async forget(bootId: string): Promise<void> {
    if (bootId !== this.#bootId) await rm(path.join(this.#dir, `${bootId}.ndjson`), { force: true })
  }

  /** The id the node was given, kept across boots. */
  async nodeId(): Promise<string | undefined> {
    return readFile(path.join(this.#dir, 'node-id'), 'utf8').catch(() => undefined)
  }

  async saveNodeId(nodeId: string): Promise<void> {
    await writeFile(path.join(this.#dir, 'node-id'), nodeId, { mode: 0o600 })
  }

  async #read(name: string): Promise<NodeReport[]> {
    const lines = (await readFile(path.join(this.#dir, name), 'utf8')).split('\n')
    return lines.flatMap((line) => {
      const parsed = nodeReportSchema.safeParse(parseLine(line))
      return parsed.success ? [parsed.data] : []
    })
  }

  #queue(write: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(write)
    this.#writes = done.catch(() => {})
    return done
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
