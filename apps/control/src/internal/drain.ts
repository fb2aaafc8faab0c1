import { setTimeout as delay } from 'node:timers/promises'

import { bearerOf, isBearer } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import { cleanUp, type Db, mustListen, noteAwake, reapLeases, reapNodes } from '@millrace/db'
import { drainWebhooks, type WebhookDeps } from '@millrace/webhooks'
import type { Hono } from 'hono'

import type { Env } from '../http/serve.ts'
import { failure } from '../services/failures.ts'

/** What `POST /internal/drain` needs. */
export interface DrainDeps {
  /** Who may call: `Authorization: Bearer`. Of no project, and no API token. */
  token: string
  webhooks: WebhookDeps
  /** No attempt begins after this, default 10 000 ms; the call takes at most a receiver's time-out longer. */
  maxMs?: number
  /** A node without a heartbeat for so long is lost. */
  nodeLostMs: number
}

const LISTEN_STEP_MS = 2000
/** Longest time that a call listens for nodes. */
const MAX_LISTEN_MS = 25_000

/**
 * Mounts `POST /internal/drain` for deployments without a worker: a schedule calls it, and it does what the worker does, for
 * a bounded time. Calls may overlap. Not part of the public API.
 */
export function mountDrain(app: Hono<Env>, { token, webhooks, maxMs, nodeLostMs }: DrainDeps, log: Logger): void {
  app.post('/internal/drain', async (c) => {
    const authorization = c.req.header('authorization')
    if (bearerOf(authorization) === undefined) {
      throw failure('TOKEN_MISSING', 'send the drain token: Authorization: Bearer …')
    }
    if (!isBearer(authorization, token)) throw failure('TOKEN_INVALID', 'not the drain token')
    const limits = maxMs === undefined ? {} : { maxMs }
    const [report, reaped] = await Promise.all([drainWebhooks(webhooks, limits), reap(webhooks.db, nodeLostMs)])
    // what the reaper told of is not left for the next call
    if (reaped.lostNodes + reaped.reconnecting + reaped.ended > 0) {
      const { created, attempts } = await drainWebhooks(webhooks, limits)
      report.created += created
      report.attempts += attempts
    }
    const cleaned = await cleanUp(webhooks.db)
    log.info({ ...report, ...reaped, cleaned }, 'drained')
    return c.json(report)
  })
}

/**
 * Gives up nodes and broadcasts that are not heard of. Between two calls nobody may have been listening, so one that finds
 * somebody silent listens itself for as long as a node may be silent.
 */
async function reap(db: Db, nodeLostMs: number): Promise<{ lostNodes: number; reconnecting: number; ended: number }> {
  const endMs = performance.now() + MAX_LISTEN_MS
  await noteAwake(db, new Date())
  while ((await mustListen(db, new Date(), nodeLostMs)) && performance.now() < endMs) {
    await delay(LISTEN_STEP_MS)
    await noteAwake(db, new Date())
  }
  return { lostNodes: await reapNodes(db, new Date(), nodeLostMs), ...(await reapLeases(db, new Date())) }
}
