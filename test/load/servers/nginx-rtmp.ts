import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Scope } from '@millrace/core'

import type { Program } from '../../support/program.ts'
import { freePort, tempDir } from '../../support/scope.ts'
import { installNginxRtmp } from '../tools.ts'
import { listening, type ServerKind, startPinned } from './server.ts'

/** nginx with its RTMP module, one process in the foreground. It sends each frame at once, and plays RTMP only. */
export const nginxRtmp: ServerKind = {
  name: 'nginx-rtmp',
  protocols: ['rtmp'],
  mergesWrites: false,
  async start(scope) {
    const { program, url } = await startNginxRtmp(scope)
    return {
      pid: program.pid,
      publishUrl: url,
      playUrl: () => url,
      get output() {
        return program.output
      },
    }
  },
}

/** Starts it with more directives for its application `live`; `url` is of the stream `bench` there. */
export async function startNginxRtmp(scope: Scope, directives = ''): Promise<{ program: Program; url: string }> {
  const { program: nginx, rtmpModule } = await installNginxRtmp()
  const directory = await tempDir(scope)
  const port = await freePort()
  const config = path.join(directory, 'nginx.conf')
  await writeFile(config, configuration({ directory, rtmpModule, port, directives }))
  const program = await startPinned(scope, [nginx, '-e', 'stderr', '-p', directory, '-c', config])
  await listening(program, port)
  return { program, url: `rtmp://127.0.0.1:${port}/live/bench` }
}

interface Configuration {
  readonly directory: string
  readonly rtmpModule: string
  readonly port: number
  readonly directives: string
}

const configuration = ({ directory, rtmpModule, port, directives }: Configuration): string => `
load_module ${rtmpModule};
daemon off;
master_process off;
user root;
pid ${path.join(directory, 'nginx.pid')};
error_log stderr warn;
events { worker_connections 19000; }
rtmp {
  server {
    listen 127.0.0.1:${port};
    chunk_size 4096;
    application live { live on; wait_key on; ${directives} }
  }
}
`
