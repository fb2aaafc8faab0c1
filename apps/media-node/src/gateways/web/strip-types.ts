import { Worker } from 'node:worker_threads'

/**
 * Strips the types of TypeScript sources in a short-lived worker thread; lines and columns stay where they are.
 * Rejects with the thread's error if a source is not erasable TypeScript.
 */
export function stripTypes(sources: readonly string[]): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const worker = new Worker(new URL('./strip-worker.ts', import.meta.url), {
    workerData: sources,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  worker.unref()
  worker.once('message', resolve)
  worker.once('error', reject)
  return promise
}
