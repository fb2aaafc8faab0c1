import { Scope, silentLogger } from '@millrace/core'

import { tempDir } from '../../../test/support/scope.ts'
import { compose } from './compose.ts'
import type { NodePorts } from './listeners.ts'
import { readSettings } from './settings.ts'

/** A node without control plane in this process, on free ports of 127.0.0.1; it ends with `scope`. */
export async function startNode(scope: Scope, env: Readonly<Record<string, string>> = {}): Promise<NodePorts> {
  const settings = readSettings({
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_RTMP_PORT: '0',
    MILLRACE_HTTP_PORT: '0',
    MILLRACE_NODE_API_PORT: '0',
    MILLRACE_RTC: 'off',
    MILLRACE_DATA: await tempDir(scope),
    ...env,
  })
  const node = new Scope()
  scope.defer(() => node.close())
  return (await compose(settings, node, silentLogger)).ports
}
