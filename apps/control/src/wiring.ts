import { createAddressGuard } from '@millrace/address-guard'
import { type WebhookDeps } from '@millrace/webhooks'

import type { ControlDeps } from './app.ts'
import type { EnvironmentTokens } from './services/bootstrap.ts'
import type { Settings } from './settings.ts'
import manifest from '../package.json' with { type: 'json' }

/** Of the program. */
export const VERSION = manifest.version

/** What of the application the settings decide, wherever it runs. */
export function appDepsOf(
  {
    drainToken,
    nodeLostMs,
    webhookAllow,
    storageAllow,
    storageDirs,
    requestsPerMinute,
    corsOrigins,
    publicUrl,
  }: Settings,
  { db, keyring, log }: Pick<WebhookDeps, 'db' | 'keyring' | 'log'>,
): ControlDeps {
  const webhooks = { db, keyring, log, guard: createAddressGuard(webhookAllow) }
  return {
    db,
    keyring,
    log,
    version: VERSION,
    hookAllow: webhookAllow,
    storage: { allow: storageAllow, directories: storageDirs },
    requestsPerMinute,
    publicUrl,
    ...(drainToken === undefined ? {} : { drain: { token: drainToken, webhooks, nodeLostMs } }),
    ...(corsOrigins === undefined ? {} : { corsOrigins }),
  }
}

/** The tokens that the environment sets. */
export function environmentTokensOf({ adminToken, nodeToken }: Settings): EnvironmentTokens {
  return {
    ...(adminToken === undefined ? {} : { admin: adminToken }),
    ...(nodeToken === undefined ? {} : { node: nodeToken }),
  }
}
