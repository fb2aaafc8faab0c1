import { ServiceError, backoffMs, errorMessage, type Logger, type Scope } from '@millrace/core'
import { isUnavailable, migrateDatabase } from '@millrace/db'
import { startPostgres, type EmbeddedPostgres } from '@millrace/db/embedded'
import { prepareQueues } from '@millrace/jobs'

const MAX_RESTARTS = 5

export interface DatabaseDeps {
  log: Logger
  /** Called once, when an embedded server that died cannot be started again. */
  onLost: (error: unknown) => void
}

/** Starts the embedded PostgreSQL in `dir`, starts it again when it dies, stops it with `scope`. Returns its URL. */
export async function embeddedDatabase(scope: Scope, dir: string, { log, onLost }: DatabaseDeps): Promise<string> {
  const run = (): Promise<EmbeddedPostgres> => startPostgres({ dir, log: (line) => log.debug({}, line) })
  let server = await run()
  scope.defer(() => server.stop())
  watch()
  return server.url

  function watch(): void {
    void server.exited.then(() => {
      if (!scope.closed) return revive().catch(onLost)
    })
  }
  async function revive(): Promise<void> {
    log.error({}, 'PostgreSQL died, will be started again')
    await server.stop()
    for (let attempt = 0; !scope.closed; attempt++) {
      try {
        server = await run()
        log.info({}, 'PostgreSQL started again')
        return watch()
      } catch (error) {
        if (attempt === MAX_RESTARTS) throw error
        log.error({ restartInMs: backoffMs(attempt) }, errorMessage(error))
        await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt)))
      }
    }
  }
}

/** Brings the database up to date. Throws `STANDALONE_DATABASE` when it cannot be reached. */
export async function prepareDatabase(url: string): Promise<void> {
  try {
    await migrateDatabase(url)
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause
    throw new ServiceError(
      'STANDALONE_DATABASE',
      `the database of DATABASE_URL cannot be reached (${errorMessage(cause)}): start it, correct DATABASE_URL, or unset it for the embedded one`,
      { cause },
    )
  }
}

/** The login at the embedded database by which jobs are queued: the media node, which faces the internet, has no other. */
const QUEUE_ROLE = 'millrace_queue'

/** Makes the job queues in the embedded database; returns the URL by which all programs use them, and see nothing else. */
export function prepareQueue(url: string, password: string): Promise<string> {
  return prepareQueues(url, { name: QUEUE_ROLE, password })
}
