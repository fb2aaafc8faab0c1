import { readdir } from 'node:fs/promises'
import path from 'node:path'

import type { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'
import { Program, words } from './program.ts'
import { tempDir } from './scope.ts'

/** Segments of fMP4 as an archive has them: `init-0.mp4`, `0.m4s`, … of one second each. */
export interface SegmentFiles {
  directory: string
  /** How many segments. */
  count: number
}

/** Encodes a test picture with a clock, and a tone, into segments of one second. */
export async function encodeSegments(scope: Scope, { seconds }: { seconds: number }): Promise<SegmentFiles> {
  const directory = await tempDir(scope)
  const encoding = `-t ${seconds} -c:v libx264 -preset ultrafast -g 25 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -ac 2`
  const segments = '-f hls -hls_time 1 -hls_list_size 0 -hls_segment_type fmp4 -hls_fmp4_init_filename init-0.mp4'
  const program = await Program.start(scope, 'ffmpeg', [
    ...words('-v error -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000'),
    ...words(`${encoding} ${segments}`),
    '-hls_segment_filename',
    path.join(directory, '%d.m4s'),
    path.join(directory, 'x.m3u8'),
  ])
  const { code } = await program.finished(60_000)
  if (code !== 0) throw new SupportError('SUPPORT_ENCODE', `ffmpeg could not encode: ${program.errorLines.join('\n')}`)
  const files = await readdir(directory)
  return { directory, count: files.filter((name) => name.endsWith('.m4s')).length }
}
