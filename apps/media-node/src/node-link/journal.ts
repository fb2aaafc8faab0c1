import {
  access,
  appendFile,
  constants,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'

import { nodeReportSchema, type NodeReport } from '@millrace/contracts'
import { CodedError, errorCode, errorMessage } from '@millrace/core'

/** Reports of one run of the node that the control plane hasn't confirmed. */
export interface BootReports {
  bootId: string
  reports: NodeReport[]
}

/**
 * Keeps reports on disk until the control plane has them: one file of JSON lines for each boot, so that a report
 * keeps the number it was given. Lines that a crash cut in two are skipped. What could not be written, to a full disk
 * for example, is written with the next report.
 */
export class Journal {
  readonly #dir: string
  readonly #file: string
  readonly #bootId: string
  #writes: Promise<void> = Promise.resolve()
  #unwritten: string[] = []
  /** A failed write may have left half a line. */
  #torn = false

  private constructor(dir: string, bootId: string) {
    this.#dir = dir
    this.#bootId = bootId
    this.#file = path.join(dir, `${bootId}.ndjson`)
  }

  /** @throws CodedError `NODE_DATA_DIR` when the directory can't be made or written to */
  static async open(dir: string, bootId: string): Promise<Journal> {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await access(dir, constants.W_OK)
    } catch (error) {
      throw new CodedError('NODE_DATA_DIR', `cannot write to the data directory: ${errorMessage(error)}`, {
        cause: error,
      })
    }
    return new Journal(dir, bootId)
  }

  /** What earlier boots left behind, oldest boot first. */
  async leftovers(): Promise<BootReports[]> {
    const files = await readdir(this.#dir).catch((error: unknown): string[] => {
      ignoreMissing(error)
      return []
    })
    const names = files.filter((name) => name.endsWith('.ndjson') && name !== path.basename(this.#file))
    const dated = await Promise.all(
      names.map(async (name) => ({ name, atMs: (await stat(path.join(this.#dir, name))).mtimeMs })),
    )
    return Promise.all(
      dated
        .toSorted((a, b) => a.atMs - b.atMs)
        .map(async ({ name }) => ({ bootId: name.slice(0, -'.ndjson'.length), reports: await this.#read(name) })),
    )
  }

  /** Appends a report; resolves when it is written, with all before it. */
  append(report: NodeReport): Promise<void> {
    this.#unwritten.push(`${JSON.stringify(report)}\n`)
    return this.#queue(() => this.#write())
  }

  /** Forgets everything of this boot: the control plane has it all. */
  clear(): Promise<void> {
    this.#unwritten = []
    return this.#queue(() => truncate(this.#file).catch(ignoreMissing))
  }

  /** Forgets an earlier boot. */
  async forget(bootId: string): Promise<void> {
    if (bootId !== this.#bootId) await rm(path.join(this.#dir, `${bootId}.ndjson`), { force: true })
  }

  /** The id the node was given, kept across boots. */
  async nodeId(): Promise<string | undefined> {
    const text = await readFile(path.join(this.#dir, 'node-id'), 'utf8').catch(() => '')
    return text === '' ? undefined : text
  }

  async saveNodeId(nodeId: string): Promise<void> {
    if ((await this.nodeId()) === nodeId) return
    const file = path.join(this.#dir, 'node-id')
    // a disk that is full must not cost the old id
    await writeFile(`${file}.new`, nodeId, { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  async #write(): Promise<void> {
    const lines = this.#unwritten
    if (lines.length === 0) return
    this.#unwritten = []
    try {
      await appendFile(this.#file, (this.#torn ? '\n' : '') + lines.join(''), { mode: 0o600 })
      this.#torn = false
    } catch (error) {
      this.#torn = true
      this.#unwritten = [...lines, ...this.#unwritten]
      throw error
    }
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

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}
