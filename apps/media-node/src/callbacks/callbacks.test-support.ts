import assert from 'node:assert/strict'

import { loadConfig } from '@millrace/config'
import { Scope, silentLogger } from '@millrace/core'

import { type ConfNode, startConfNode } from '../../../../test/support/conf-node.ts'
import { openSocket, rtmpCommand, rtmpGreeting } from '../../../../test/support/raw-rtmp.ts'
import { compose } from '../compose.ts'
import type { NodePorts } from '../listeners.ts'
import { confSettings } from '../srs-conf/conf-settings.ts'
import { Vhosts } from '../srs-conf/vhosts.ts'
import { Backend } from './backend.test-support.ts'

const EVENTS = ['on_connect', 'on_close', 'on_publish', 'on_unpublish', 'on_play', 'on_stop', 'on_hls']

/** A file whose default vhost has these callbacks, and more. */
export function conf(hooks: string, rest = ''): string {
  return `
listen 127.0.0.1:0;
srs_log_tank console;
server_id vid-0xk989d;
http_server { enabled on; listen 127.0.0.1:0; }
http_api { enabled on; listen 127.0.0.1:0; }
vhost __defaultVhost__ {
  http_remux { enabled on; }
  http_hooks { enabled on; ${hooks} }
  ${rest}
}`
}

interface Options {
  /** Of the vhost. */
  rest?: string
  hooks?: string
}

/** A node in this process all of whose events are told to one backend. */
export async function start(
  scope: Scope,
  options?: Options,
): Promise<{ node: { ports: NodePorts }; backend: Backend }> {
  const backend = await Backend.start(scope)
  const read = (): string => withAll(backend, options)
  const { config } = loadConfig('srs.conf', { files: { read, glob: () => [] } })
  assert.ok(config)
  const node = new Scope()
  scope.defer(() => node.close())
  const { ports } = await compose(confSettings(config, config.server_id), node, silentLogger, new Vhosts(config))
  return { node: { ports }, backend }
}

/** The same as a program of its own. */
export async function startProgram(scope: Scope, options?: Options): Promise<{ node: ConfNode; backend: Backend }> {
  const backend = await Backend.start(scope)
  return { node: await startConfNode(scope, withAll(backend, options)), backend }
}

function withAll(backend: Backend, { rest = '', hooks = '' }: Options = {}): string {
  const urls = EVENTS.map((event) => `${event} ${backend.url(`/${event}`)};`).join(' ')
  return conf(`${urls} ${hooks}`, rest)
}

/** What a client that publishes or plays is told until the connection ends. */
export async function asked(scope: Scope, port: number, verb: 'publish' | 'play', name: string): Promise<string> {
  const socket = await openSocket(scope, port)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.write(Buffer.concat([rtmpGreeting(port, 'live'), rtmpCommand(4, 1, verb, 3, null, name, 'live')]))
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
  return text
}
