/** Something that runs at close; may be async. */
export type Closer = () => void | Promise<void>

/**
 * Owns what was opened, and closes it in reverse order, once. A closer that throws doesn't keep the
 * others from running; the first error is thrown after all have run.
 */
export class Scope implements AsyncDisposable {
  readonly #closers: Closer[] = []
  #closing: Promise<void> | undefined

  /** Registers a closer. After close has begun it runs at once. */
  defer(closer: Closer): void {
    if (this.#closing) void closer()
    else this.#closers.push(closer)
  }

  /** Registers a disposable and returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]() as Promise<void>)
    return resource
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#run())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    const errors: unknown[] = []
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      try {
        await closer()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
