/** Test support: nodes by a configuration file, in this process. */
import assert from 'node:assert/strict'

import { loadConfig, type ServerConfig } from '@millrace/config'
import { silentLogger, type Logger, type Scope } from '@millrace/core'

import { compose, type MediaNode } from '../compose.ts'
import { confSettings } from './conf-settings.ts'
import { Vhosts } from './vhosts.ts'

/** A configuration file of this text; it listens for RTMP at any free port of 127.0.0.1. */
export function confOf(text: string): ServerConfig {
  const files = { read: () => `listen 127.0.0.1:0; ${text}`, glob: () => [] }
  const { config, issues } = loadConfig('srs.conf', { files })
  assert.ok(config, JSON.stringify(issues))
  return config
}

/** A node that runs by such a file until `scope` closes. */
export async function startConf(
  scope: Scope,
  text: string,
  logger: Logger = silentLogger,
): Promise<MediaNode['ports']> {
  const config = confOf(text)
  const { ports } = await compose(confSettings(config, 'vid-test'), scope, logger, new Vhosts(config))
  return ports
}
