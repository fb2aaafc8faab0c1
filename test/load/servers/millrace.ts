import { startMediaNode } from '../../support/media-node.ts'
import { type ServerKind, startPinned } from './server.ts'

const STREAM = 'live/bench'

/** Our media node alone, without a control plane: it admits everybody. */
export const millrace: ServerKind = {
  name: 'millrace',
  protocols: ['flv', 'rtmp'],
  mergesWrites: true,
  async start(scope, { flushMs }) {
    const node = await startMediaNode(scope, {
      env: { MILLRACE_FLUSH_MS: String(flushMs), MILLRACE_LOG_LEVEL: 'warn' },
      start: startPinned,
    })
    return {
      pid: node.program.pid,
      publishUrl: node.rtmpUrl(STREAM),
      playUrl: (protocol) => (protocol === 'flv' ? node.httpUrl(`${STREAM}.flv`) : node.rtmpUrl(STREAM)),
      get output() {
        return node.program.output
      },
    }
  },
}
