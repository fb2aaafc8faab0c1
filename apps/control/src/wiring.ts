import { createAddressGuard, type WebhookDeps } from '@millrace/webhooks'

import type { DrainDeps } from './internal/drain.ts'
import type { EnvironmentTokens } from './services/bootstrap.ts'
import type { Settings } from './settings.ts'

/** What `POST /internal/drain` runs on, or undefined when it is off: without a token for it. */
export function drainDepsOf(
  { drainToken, webhookAllow }: Settings,
  { db, keyring, log }: Pick<WebhookDeps, 'db' | 'keyring' | 'log'>,
): DrainDeps | undefined {
  if (drainToken === undefined) return undefined
  return { token: drainToken, webhooks: { db, keyring, log, guard: createAddressGuard(webhookAllow) } }
}

/** The tokens that the environment sets. */
export function environmentTokensOf({ adminToken, nodeToken }: Settings): EnvironmentTokens {
  return {
    ...(adminToken === undefined ? {} : { admin: adminToken }),
    ...(nodeToken === undefined ? {} : { node: nodeToken }),
  }
}
