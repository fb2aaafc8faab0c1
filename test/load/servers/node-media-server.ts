import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'

import { freePort, tempDir } from '../../support/scope.ts'
import { listening, type ServerKind, startPinned } from './server.ts'

/** node-media-server as its package starts it, without console, users or TLS. It sends each frame at once. */
export const nodeMediaServer: ServerKind = {
  name: 'node-media-server',
  protocols: ['flv', 'rtmp'],
  mergesWrites: false,
  async start(scope) {
    const directory = await tempDir(scope)
    const rtmpPort = await freePort()
    const httpPort = await freePort()
    const config = path.join(directory, 'config.json')
    await writeFile(
      config,
      JSON.stringify({
        bind: '127.0.0.1',
        rtmp: { port: rtmpPort },
        http: { port: httpPort },
        store: { path: path.join(directory, 'data'), maxHistory: 100 },
        auth: { play: false, publish: false, secret: 'unused' },
        webadmin: { enable: false },
        notify: { url: '' },
      }),
    )
    const app = createRequire(import.meta.url).resolve('node-media-server/bin/app.js')
    const program = await startPinned(scope, [process.execPath, app, '-c', config], { cwd: directory })
    await listening(program, rtmpPort)
    await listening(program, httpPort)
    const rtmpUrl = `rtmp://127.0.0.1:${rtmpPort}/live/bench`
    return {
      pid: program.pid,
      publishUrl: rtmpUrl,
      playUrl: (protocol) => (protocol === 'rtmp' ? rtmpUrl : `http://127.0.0.1:${httpPort}/live/bench.flv`),
      get output() {
        return program.output
      },
    }
  },
}
