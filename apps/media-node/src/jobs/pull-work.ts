import type { AddressGuard } from '@millrace/address-guard'
import { pullGrantSchema, type PullGrant } from '@millrace/contracts'
import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { JobOutcome, PullJob } from '@millrace/jobs'
import type { Tracer } from '@millrace/telemetry'

import type { Broadcasts } from '../broadcast/broadcasts.ts'
import type { ControlClient } from '../node-link/control-client.ts'
import { startPull } from '../sources/pull/pull.ts'
import { askGrant } from './ask-grant.ts'
import type { LongWork } from './long-jobs.ts'

export interface PullWorkDeps {
  guard: AddressGuard
  broadcasts: Pick<Broadcasts, 'begin'>
  control: ControlClient
  nodeId: () => string | undefined
  tracer: Tracer
  logger: Logger
}

/** After somebody else ended a pull (an operator, another publisher), some node tries again. */
const AGAIN: JobOutcome = { done: false, againInMs: 15_000 }
/** What can't be pulled is looked at again when it changes, or after this. */
const HOPELESS: JobOutcome = { done: false, againInMs: 600_000 }
/** Nobody wants it any more: whoever does again makes a new job. */
const UNWANTED: JobOutcome = { done: true }

/** Pulls a stream from its source and publishes it here, until it is told to stop. */
export function createPullWork(deps: PullWorkDeps): LongWork<'pull'> {
  return async (job, signal) => {
    const over = Promise.withResolvers<JobOutcome>()
    const attributes = { 'millrace.stream': job.stream_id }
    try {
      // the span ends when the pull runs; what the pull then reports is part of it
      await deps.tracer.run('pull', { kind: 'internal', attributes }, () => start(deps, job, signal, over.resolve))
      return await over.promise
    } catch (error) {
      const code = errorCode(error)
      if (code === 'STREAM_NOT_PULLED' || code === 'STREAM_NOT_FOUND') return UNWANTED
      deps.logger.error({ stream_id: job.stream_id, code, error: errorMessage(error) }, 'stream cannot be pulled')
      return HOPELESS
    }
  }
}

/** Resolves when the pull runs, which calls `over` at its end. Throws when there is none to be. */
async function start(
  deps: PullWorkDeps,
  { stream_id }: PullJob,
  stop: AbortSignal,
  over: (outcome: JobOutcome) => void,
): Promise<void> {
  const { guard, broadcasts, logger } = deps
  const question = { path: '/node/v1/pull-grant', body: { node_id: deps.nodeId(), stream_id } }
  const answer = await askGrant(deps, question, stop)
  if (stop.aborted) return over(AGAIN)
  const grant = pullGrantSchema.parse(answer)
  const pull = startPull({
    url: grant.url,
    guard,
    logger: logger.child({ stream: `${grant.vhost}/${grant.app}/${grant.stream}` }),
    publish: (onEnd) => broadcasts.begin({ ...publisherOf(stream_id, grant), onEnd }).publication,
    onStatus: ({ state }) => {
      if (state === 'stopped') over(AGAIN)
    },
  })
  stop.addEventListener('abort', () => pull.close('publisher_closed'))
}

function publisherOf(streamId: string, grant: PullGrant): Omit<Parameters<Broadcasts['begin']>[0], 'onEnd'> {
  const { vhost, app, stream } = grant
  const url = new URL(grant.url)
  return {
    request: {
      action: 'publish',
      protocol: protocolOf(url.protocol),
      vhost,
      app,
      stream,
      params: {},
      client: { ip: url.hostname.slice(0, 64) },
    },
    grant: { key: { vhost, app, name: stream }, streamId, keyId: null },
    encoder: 'pull',
  }
}

function protocolOf(scheme: string): 'rtmp' | 'rtmps' | 'http-flv' {
  if (scheme === 'rtmp:') return 'rtmp'
  return scheme === 'rtmps:' ? 'rtmps' : 'http-flv'
}
