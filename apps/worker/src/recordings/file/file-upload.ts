import { concatBytes } from '@millrace/bytes'
import { MAX_PARTS, MIN_PART_BYTES, type MultipartUpload, type ObjectStore } from '@millrace/storage'

/** At the same time. */
const PARALLEL = 2

/** What is to be written. */
export interface FileUploadOptions {
  /** About how long the file will be: decides how long its parts are. Half as much again still fits. */
  expectedBytes: number
  /** The same of its beginning, rather too long than too short; 0 for one that can't be filled up: see `beginningBytes`. */
  beginningBytes: number
  /**
   * Called right after an upload in parts was begun: when it throws, that upload is aborted. So whoever cleans up after another
   * finds every upload of those that may not go on.
   */
  mayGoOn: () => Promise<void>
}

/**
 * Writes a file whose beginning is known only in the end, in one pass and bounded memory: some 20 MB, parts of files over
 * 30 GB excepted. The object is there after `finish`, and not at all before.
 *
 * All parts but the last are of one length, as some storages want them (Cloudflare R2), when the beginning has the length that
 * `beginningBytes` says.
 */
export class FileUpload {
  readonly #store: ObjectStore
  readonly #key: string
  readonly #mayGoOn: () => Promise<void>
  readonly #partBytes: number
  /** Of the beginning and of the start of the body, which fills the last of them. */
  readonly #firstParts: number
  readonly #head: Uint8Array
  #headBytes = 0
  #part: Uint8Array = new Uint8Array(0)
  #partFill = 0
  #number: number
  #multipart: MultipartUpload | undefined
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | undefined

  constructor(store: ObjectStore, key: string, options: FileUploadOptions) {
    this.#store = store
    this.#key = key
    this.#mayGoOn = options.mayGoOn
    const { expectedBytes, beginningBytes } = options
    this.#partBytes = Math.max(MIN_PART_BYTES, Math.ceil(((expectedBytes + beginningBytes) * 1.5) / (MAX_PARTS - 2)))
    this.#firstParts = Math.max(1, Math.ceil(beginningBytes / this.#partBytes))
    this.#number = this.#firstParts + 1
    this.#head = new Uint8Array(this.#firstParts * this.#partBytes - beginningBytes)
  }

  /** Appends to the body; the bytes are copied. Fails as the store does. */
  async write(bytes: Uint8Array): Promise<void> {
    let at = Math.min(bytes.length, this.#head.length - this.#headBytes)
    this.#head.set(bytes.subarray(0, at), this.#headBytes)
    this.#headBytes += at
    while (at < bytes.length) {
      if (this.#part.length === 0) this.#part = new Uint8Array(this.#partBytes)
      const count = Math.min(bytes.length - at, this.#partBytes - this.#partFill)
      this.#part.set(bytes.subarray(at, at + count), this.#partFill)
      this.#partFill += count
      at += count
      if (this.#partFill === this.#partBytes) await this.#send()
    }
  }

  /** How long the beginning has to be at least now that the whole body is written; 0 for as short as can be. */
  get beginningBytes(): number {
    const inParts = this.#multipart !== undefined || this.#partFill > 0
    return inParts ? this.#firstParts * this.#partBytes - this.#head.length : 0
  }

  /** Puts `beginning` before the body, and makes the object be there. */
  async finish(beginning: Uint8Array): Promise<void> {
    if (this.#partFill > 0) await this.#send()
    const first = concatBytes([beginning, this.#head.subarray(0, this.#headBytes)])
    if (this.#multipart === undefined) {
      await this.#store.put(this.#key, first)
      return
    }
    await Promise.all(this.#running)
    this.#throwFailure()
    for (const [n, bytes] of this.#partsOf(first).entries()) await this.#multipart.part(n + 1, bytes)
    await this.#mayGoOn()
    await this.#multipart.complete()
  }

  /** The first parts; the last of them is longer when the beginning is. */
  #partsOf(first: Uint8Array): Uint8Array[] {
    const [bytes, count] = [this.#partBytes, this.#firstParts]
    return Array.from({ length: count }, (_, n) =>
      first.subarray(n * bytes, n === count - 1 ? undefined : (n + 1) * bytes),
    )
  }

  /** Gives the upload up. Does nothing after `finish`. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#multipart?.abort()
  }

  async #send(): Promise<void> {
    const multipart = (this.#multipart ??= await this.#begin())
    while (this.#running.size >= PARALLEL) await Promise.race(this.#running)
    this.#throwFailure()
    const bytes = this.#part.subarray(0, this.#partFill)
    const sent = multipart.part(this.#number++, bytes).then(
      () => void this.#running.delete(sent),
      (error: unknown) => {
        this.#failure ??= { error }
        this.#running.delete(sent)
      },
    )
    this.#running.add(sent)
    this.#part = new Uint8Array(0)
    this.#partFill = 0
  }

  async #begin(): Promise<MultipartUpload> {
    const multipart = await this.#store.multipart(this.#key)
    try {
      await this.#mayGoOn()
    } catch (error) {
      await multipart.abort()
      throw error
    }
    return multipart
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
