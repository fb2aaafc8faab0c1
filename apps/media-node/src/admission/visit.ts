/** A client's publishing or watching, from the question whether it may until it is over, however it ends. */
export class Visit {
  #tasks: (() => void)[] | undefined = []

  /** Whether it is over. */
  get over(): boolean {
    return this.#tasks === undefined
  }

  /** Runs `task` when it is over: at once if it is already. */
  whenOver(task: () => void): void {
    if (this.#tasks) this.#tasks.push(task)
    else task()
  }

  /** It is over; a second call does nothing. */
  end(): void {
    const tasks = this.#tasks ?? []
    this.#tasks = undefined
    for (const task of tasks) task()
  }
}
