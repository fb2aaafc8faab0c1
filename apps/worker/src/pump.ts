/** Work that runs now and then, and at once when kicked; never twice at the same time. */
export interface Pump {
  /** There is something to do: a run begins now, or right after the one that runs. */
  kick(): void
  /** No more runs; resolves when the last one has ended. */
  close(): Promise<void>
}

export interface PumpOptions {
  /** Longest pause between runs, for what no kick told of. */
  everyMs: number
  /** Called with what a run threw; the next run comes at its time, or when kicked. */
  onError: (error: unknown) => void
}

/** Starts a pump with a first run. */
export function startPump(work: () => Promise<void>, { everyMs, onError }: PumpOptions): Pump {
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  async function runs(): Promise<void> {
    do {
      again = false
      try {
        await work()
      } catch (error) {
        onError(error)
      }
    } while (again && !closed)
    running = undefined
  }
  function kick(): void {
    if (closed) return
    if (running) again = true
    else running = runs()
  }

  const timer = setInterval(kick, everyMs)
  kick()
  return {
    kick,
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}
