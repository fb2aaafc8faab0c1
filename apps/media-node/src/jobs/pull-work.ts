import type { AddressGuard } from '@millrace/address-guard'
import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { JobOutcome } from '@millrace/jobs'

import type { Broadcasts } from '../broadcast/broadcasts.ts'
import { startPull, type Pull } from '../sources/pull/pull.ts'
import type { LongWork } from './long-jobs.ts'

export interface PullWorkDeps {
  guard: AddressGuard
  broadcasts: Broadcasts
  logger: Logger
}

/** After somebody else ended a pull (an operator, another publisher), some node tries again. */
const AGAIN: JobOutcome = { done: false, againInMs: 15_000 }
/** What can't be pulled is looked at again when it changes, or after this. */
const HOPELESS: JobOutcome = { done: false, againInMs: 600_000 }

/** Pulls a stream from its source and publishes it here, until it is told to stop. */
export function createPullWork({ guard, broadcasts, logger }: PullWorkDeps): LongWork<'pull'> {
  return (job, signal) =>
    new Promise((resolve) => {
      let pull: Pull
      try {
        pull = startPull({
          url: job.url,
          guard,
          logger: logger.child({ stream: `${job.vhost}/${job.app}/${job.stream}` }),
          publish: (onEnd) => broadcasts.begin({ ...publisherOf(job), onEnd }).publication,
          onStatus: ({ state }) => {
            if (state === 'stopped') resolve(AGAIN)
          },
        })
      } catch (error) {
        logger.error({ code: errorCode(error), error: errorMessage(error) }, 'stream cannot be pulled')
        return resolve(HOPELESS)
      }
      const stop = (): void => pull.close('publisher_closed')
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop)
    })
}

function publisherOf(job: Parameters<LongWork<'pull'>>[0]): Omit<Parameters<Broadcasts['begin']>[0], 'onEnd'> {
  const { vhost, app, stream, stream_id: streamId } = job
  const url = new URL(job.url)
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
