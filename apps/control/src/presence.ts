import { errorCode, type Logger } from '@millrace/core'
import { type Db, noteAwake } from '@millrace/db'

const EVERY_MS = 3000

/** Says in the database, until stopped, that nodes can reach the control plane: only then is a silent one lost. */
export function keepPresence(db: Db, log: Logger): () => void {
  const note = (): void => {
    noteAwake(db, new Date()).catch((error: unknown) => log.warn({ code: errorCode(error) }, 'presence not noted'))
  }
  note()
  const timer = setInterval(note, EVERY_MS)
  return () => clearInterval(timer)
}
