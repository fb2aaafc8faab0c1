import { Webhook } from 'standardwebhooks'

const USER_AGENT = 'Millrace-Webhooks/1.0'

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
