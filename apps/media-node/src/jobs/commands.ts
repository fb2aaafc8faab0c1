import { nodeCommandSchema, type NodeCommand } from '@millrace/contracts'
import { CodedError, errorCode, errorMessage, unreachable, type Logger } from '@millrace/core'
import type { Tracer } from '@millrace/telemetry'

import type { Broadcasts } from '../broadcast/broadcasts.ts'
import type { ReportSink } from '../node-link/reporter.ts'
import type { Archive } from '../outputs/archive/archive.ts'
import type { Players } from '../players/players.ts'
import type { Drain } from './drain.ts'

export interface CommandDeps {
  broadcasts: Pick<Broadcasts, 'find' | 'evict'>
  players: Pick<Players, 'kick'>
  drain: Pick<Drain, 'begin' | 'end'>
  /** Forget grants of a stream, or all. */
  forget: (streamId: string | null) => void
  archive: Pick<Archive, 'order'>
  reports: ReportSink
  tracer: Tracer
  logger: Logger
}

/** Commands remembered, so that one that comes again is only answered again. */
const MAX_REMEMBERED = 10_000

/** Carries out a command of the control plane once, however often it comes, and answers each time. */
export function createCommands(deps: CommandDeps): (raw: unknown) => Promise<void> {
  const done = new Map<string, CodedError | null>()
  async function answer(command: NodeCommand): Promise<void> {
    let failure = done.get(command.id)
    if (failure === undefined) {
      failure = await carryOut(deps, command)
      done.set(command.id, failure)
      const oldest = done.keys().next()
      if (done.size > MAX_REMEMBERED && !oldest.done) done.delete(oldest.value)
    }
    const told = failure ? { error_code: failure.code, error: failure.message.slice(0, 512) } : {}
    deps.reports.report({ type: 'command.done', command_id: command.id, ...told })
  }
  return async (raw) => {
    const parsed = nodeCommandSchema.safeParse(raw)
    // of a newer control plane: not answered, so that it is seen there that nobody did it
    if (!parsed.success) return deps.logger.error({ issues: parsed.error.issues.length }, 'unknown command')
    const command = parsed.data
    const attributes = { 'millrace.command': command.id }
    return deps.tracer.run(`command ${command.type}`, { kind: 'internal', attributes }, () => answer(command))
  }
}

async function carryOut(deps: CommandDeps, command: NodeCommand): Promise<CodedError | null> {
  try {
    await act(deps, command)
    deps.logger.info({ command: command.id, type: command.type }, 'command carried out')
    return null
  } catch (error) {
    deps.logger.warn({ command: command.id, type: command.type, code: errorCode(error) }, 'command failed')
    return error instanceof CodedError ? error : new CodedError('NODE_COMMAND_FAILED', errorMessage(error))
  }
}

async function act({ broadcasts, players, drain, forget, archive }: CommandDeps, command: NodeCommand): Promise<void> {
  switch (command.type) {
    case 'kick_stream':
      // one that is over is as good as kicked
      return broadcasts.find(command.session_id)?.publication.end('kicked')
    case 'evict':
      return broadcasts.evict(command.stream_id, command.epoch)
    case 'kick_viewer':
      players.kick(command.viewer_id)
      return
    case 'archive':
      return archive.order(command.session_id, command.order)
    case 'drain':
      return drain.begin()
    case 'undrain':
      return drain.end()
    case 'reload':
      return forget(command.stream_id)
    default:
      return unreachable(command)
  }
}
