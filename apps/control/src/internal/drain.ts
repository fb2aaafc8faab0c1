import { createHash, timingSafeEqual } from 'node:crypto'

import type { Logger } from '@millrace/core'
import { cleanUp, reapLeases, reapNodes } from '@millrace/db'
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
}

/** A node without a heartbeat for so long is lost, as in the worker. */
const NODE_LOST_MS = 20_000

/**
 * Mounts `POST /internal/drain` for deployments without a worker: a schedule calls it, and it does what the worker does, for
 * a bounded time. Calls may overlap. Not part of the public API.
 */
export function mountDrain(app: Hono<Env>, { token, webhooks, maxMs }: DrainDeps, log: Logger): void {
  app.post('/internal/drain', async (c) => {
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (given === undefined) throw failure('TOKEN_MISSING', 'send the drain token: Authorization: Bearer …')
    if (!timingSafeEqual(digest(given), digest(token))) throw failure('TOKEN_INVALID', 'not the drain token')
    const report = await drainWebhooks(webhooks, maxMs === undefined ? {} : { maxMs })
    const lostNodes = await reapNodes(webhooks.db, new Date(), NODE_LOST_MS)
    const { reconnecting, ended } = await reapLeases(webhooks.db, new Date())
    const cleaned = await cleanUp(webhooks.db)
    log.info({ ...report, lostNodes, reconnecting, ended, cleaned }, 'drained')
    return c.json(report)
  })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
