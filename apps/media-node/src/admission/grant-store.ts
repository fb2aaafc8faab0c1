import { readFile, rename, writeFile } from 'node:fs/promises'

import { admitAnswerSchema, type AdmitAnswer } from '@millrace/contracts'
import { errorCode, errorMessage, type Logger } from '@millrace/core'

/** How long changes are gathered before they are written. */
const DELAY_MS = 1000

/** A grant and the hash of the question it answered: no keys or tokens are written. */
export type StoredGrant = readonly [id: string, answer: AdmitAnswer]

export interface GrantStoreOptions {
  file: string
  logger: Logger
}

/** Keeps what was granted on disk, for a start while the control plane is away. */
export class GrantStore {
  readonly #options: GrantStoreOptions
  readonly #loaded: readonly StoredGrant[]
  #grants: (() => Iterable<StoredGrant>) | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: GrantStoreOptions, loaded: readonly StoredGrant[]) {
    this.#options = options
    this.#loaded = loaded
  }

  /** Reads what an earlier run wrote; a file that can't be read counts as none. */
  static async open(options: GrantStoreOptions): Promise<GrantStore> {
    try {
      const stored = JSON.parse(await readFile(options.file, 'utf8')) as [unknown, unknown][]
      const grants = stored.map(([id, answer]): StoredGrant => [String(id), admitAnswerSchema.parse(answer)])
      return new GrantStore(options, grants)
    } catch {
      return new GrantStore(options, [])
    }
  }

  /** What an earlier run was granted. */
  get loaded(): readonly StoredGrant[] {
    return this.#loaded
  }

  /** Something has changed: writes all of `grants` before long. */
  changed(grants: () => Iterable<StoredGrant>): void {
    this.#grants = grants
    this.#timer ??= setTimeout(() => this.#write(), DELAY_MS).unref()
  }

  /** Writes what is still to be written. */
  async close(): Promise<void> {
    if (this.#timer) this.#write()
    await this.#writing
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { file, logger } = this.#options
    const text = JSON.stringify([...(this.#grants?.() ?? [])])
    this.#writing = this.#writing
      .then(() => writeFile(`${file}.new`, text, { mode: 0o600 }))
      .then(() => rename(`${file}.new`, file))
      .catch((error: unknown) => {
        logger.error({ code: errorCode(error), error: errorMessage(error) }, 'grants kept in memory only')
      })
  }
}
