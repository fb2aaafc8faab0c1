import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { marksOf } from './frame-marks.ts'
import { words } from './program.ts'

const run = promisify(execFile)

/** The numbers of all frames that FFmpeg finds in a file or URL, each kind in order. */
export async function recordedMarks(url: string): Promise<{ video: number[]; audio: number[] }> {
  const [video, audio] = await Promise.all(
    ['v', 'a'].map(async (kind) => {
      const args = [...words('-nostdin -v error -i'), url, ...words(`-map 0:${kind} -c copy -f data -`)]
      const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 30 })
      return marksOf(stdout)
    }),
  )
  return { video: video!, audio: audio! }
}
