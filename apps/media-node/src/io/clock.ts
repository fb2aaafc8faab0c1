import type { Scheduler } from '@millrace/hub'

/** The process's monotonic clock and timers. Timers don't keep the process alive. */
export const systemScheduler: Scheduler = {
  nowMs: () => performance.now(),
  after(delayMs, task) {
    if (delayMs <= 0) {
      const immediate = setImmediate(task)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(task, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
