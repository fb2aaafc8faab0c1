import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

import { tempDir } from '../../support/scope.ts'
import { startNginxRtmp } from './nginx-rtmp.ts'
import type { RecorderKind } from './recorder.ts'

/** nginx-rtmp that receives the streams, and writes each to an FLV file if `recording`. */
export function nginxRecorder(recording: boolean): RecorderKind {
  return {
    name: recording ? 'nginx-rtmp, record all' : 'nginx-rtmp',
    async start(scope) {
      const directory = await tempDir(scope)
      const record = `record all; record_path ${directory}; record_unique on;`
      const { program, url } = await startNginxRtmp(scope, recording ? record : '')
      return {
        pid: program.pid,
        publishUrl: url,
        recorded: async () => ({ bytes: await sizeOf(directory), lostSegments: 0, spoolBytes: 0, latency: [] }),
      }
    },
  }
}

async function sizeOf(directory: string): Promise<number> {
  const files = await Promise.all((await readdir(directory)).map((name) => stat(path.join(directory, name))))
  return files.reduce((sum, { size }) => sum + size, 0)
}
