import type { AddressGuard } from '@millrace/address-guard'
import { pushGrantSchema, type PushStatus } from '@millrace/contracts'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { JobOutcome, PushJob } from '@millrace/jobs'
import type { Tracer } from '@millrace/telemetry'

import type { Broadcast, Broadcasts } from '../broadcast/broadcasts.ts'
import type { ControlClient } from '../node-link/control-client.ts'
import type { ReportSink } from '../node-link/reporter.ts'
import { Pusher, type PusherOptions, type PusherStatus } from '../outputs/push/pusher.ts'
import { askGrant } from './ask-grant.ts'
import type { LongWork } from './long-jobs.ts'

export interface PushWorkDeps {
  guard: AddressGuard
  broadcasts: Pick<Broadcasts, 'find'>
  control: ControlClient
  nodeId: () => string | undefined
  reports: ReportSink
  tracer: Tracer
  logger: Logger
  /** For the pushers. */
  options?: Pick<PusherOptions, 'retry' | 'startTimeoutMs' | 'ca'>
}

const DONE: JobOutcome = { done: true }

/**
 * Pushes a broadcast of this node to a target, for as long as both are wanted, and reports how it goes. Of two jobs for the
 * same stream and target the later takes the place of the earlier: the target has changed.
 */
export function createPushWork(deps: PushWorkDeps): LongWork<`push.${string}`> {
  const current = new Map<string, AbortController>()
  return async (job, signal) => {
    const broadcast = deps.broadcasts.find(job.session_id)
    // of an earlier boot, or over by now
    if (!broadcast) return DONE
    const place = `${job.push_target_id} ${job.stream_id}`
    current.get(place)?.abort()
    const superseded = new AbortController()
    current.set(place, superseded)
    const over = new AbortController()
    void broadcast.ended.then(() => over.abort())
    try {
      await push(deps, job, broadcast, AbortSignal.any([signal, superseded.signal, over.signal]))
    } catch (error) {
      deps.logger.error({ push_target: job.push_target_id, code: errorCode(error) }, 'push given up')
      report(deps, job, 'failed', error)
      return DONE
    } finally {
      if (current.get(place) === superseded) current.delete(place)
    }
    if (!superseded.signal.aborted) report(deps, job, 'idle')
    return DONE
  }
}

/** Resolves when `stop` is aborted. Throws when it can't ever go well. */
async function push(deps: PushWorkDeps, job: PushJob, broadcast: Broadcast, stop: AbortSignal): Promise<void> {
  const attributes = { 'millrace.push_target': job.push_target_id, 'millrace.stream': job.stream_id }
  // the span ends when the pusher runs; what the pusher then reports is part of it
  const pusher = await deps.tracer.run('push', { kind: 'internal', attributes }, () =>
    start(deps, job, broadcast, stop),
  )
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve))
  pusher?.close()
}

async function start(
  deps: PushWorkDeps,
  job: PushJob,
  broadcast: Broadcast,
  stop: AbortSignal,
): Promise<Pusher | undefined> {
  const { push_target_id, stream_id } = job
  const body = { node_id: deps.nodeId(), push_target_id, stream_id }
  const answer = await askGrant(deps, { path: '/node/v1/push-grant', body }, stop)
  if (stop.aborted) return undefined
  const { url, bearer } = pushGrantSchema.parse(answer)
  return new Pusher({
    ...deps.options,
    url: parseTarget(url),
    bearer,
    guard: deps.guard,
    stream: broadcast.stream,
    logger: deps.logger.child({ push_target: push_target_id, stream: broadcast.stream.id }),
    onStatus: (status) => report(deps, job, status.state, errorOf(status)),
  })
}

/** @throws CodedError `PUSH_URL_UNSUPPORTED` */
function parseTarget(text: string): URL {
  const url = URL.parse(text)
  if (url && /^(rtmps?|https?):$/.test(url.protocol) && url.hostname !== '') return url
  throw new CodedError('PUSH_URL_UNSUPPORTED', 'only rtmp, rtmps, http and https URLs can be pushed to')
}

const errorOf = (status: PusherStatus): CodedError | undefined => ('error' in status ? status.error : undefined)

function report({ reports }: PushWorkDeps, job: PushJob, status: PushStatus, error?: unknown): void {
  const told = error === undefined ? {} : { error_code: errorCode(error), error: errorMessage(error).slice(0, 512) }
  const { push_target_id, stream_id } = job
  reports.report({ type: 'push_target.status', push_target_id, stream_id, status, ...told })
}
