import { EVENT_API_VERSION, type Event } from '@millrace/contracts'
import type { events } from '@millrace/db'
import { Webhook } from 'standardwebhooks'

const USER_AGENT = 'Millrace-Webhooks/1.0'

/** An event as webhooks carry it: the same text at each attempt. */
export function webhookBody(row: typeof events.$inferSelect): string {
  const { id, type, timestamp, projectId, subjectType, subjectId, sessionId, seq, data } = row
  return JSON.stringify({
    id,
    type,
    timestamp: timestamp.toISOString(),
    api_version: EVENT_API_VERSION,
    project_id: projectId,
    subject: { type: subjectType, id: subjectId },
    ...(sessionId !== null && { session_id: sessionId }),
    seq,
    data,
  } as Event)
}

/**
 * Headers of a signed POST. `id` stays the same over all attempts, so that a receiver can tell a repetition.
 *
 * @param secrets `whsec_…`; while a secret is being replaced, both
 * @see Standard Webhooks 1.0
 */
export function signedHeaders(id: string, at: Date, body: string, secrets: readonly string[]): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}
