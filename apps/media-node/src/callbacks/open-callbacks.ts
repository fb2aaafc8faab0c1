import type { Logger, Scope } from '@millrace/core'

import type { Vhosts } from '../srs-conf/vhosts.ts'
import { Callbacks } from './callbacks.ts'

export interface OpenCallbacksDeps {
  vhosts: Vhosts
  serverId: string
  logger: Logger
}

/** The callbacks of a node with a configuration file; `scope` closes them, which has to be after all that call. */
export function openCallbacks({ vhosts, serverId, logger }: OpenCallbacksDeps, scope: Scope): Callbacks {
  const callbacks = new Callbacks({
    serverId,
    hooksOf: (name) => vhosts.exact(name)?.config.http_hooks,
    logger,
  })
  scope.defer(() => callbacks.close())
  return callbacks
}
