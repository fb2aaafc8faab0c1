/** How far sound and picture are apart in a recording of a page's marks. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { words } from './program.ts'

const run = promisify(execFile)

/** Long enough that no two onsets of one mark are taken for two. */
const MARK_APART_S = 0.5
/** Mean luma of a picture that is white more than black. */
const WHITE = 128
/** RMS level of the tone, in decibels. */
const AUDIBLE_DB = -20
/** Samples that a level is of: 5 ms. */
const WINDOW = 240

const ONSETS = {
  video: {
    filter: '-an -vf signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-',
    on: (level: number): boolean => level > WHITE,
  },
  audio: {
    filter: `-vn -af aresample=48000,asetnsamples=${WINDOW},astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-`,
    on: (level: number): boolean => level > AUDIBLE_DB,
  },
} as const

/** Seconds at which a recording's pictures turn white, or its sound begins; a mark that it begins within does not count. */
async function markOnsets(file: string, kind: keyof typeof ONSETS): Promise<readonly number[]> {
  const { filter, on } = ONSETS[kind]
  const { stdout } = await run('ffmpeg', [
    ...words('-v error -copyts -i'),
    file,
    ...words(filter),
    ...words('-f null -'),
  ])
  const onsets: number[] = []
  let was = true
  for (const [, time, level] of stdout.matchAll(/pts_time:(\S+)\s+\S+=(\S+)/g)) {
    const is = on(Number(level))
    if (is && !was && Number(time) - (onsets.at(-1) ?? -Infinity) > MARK_APART_S) onsets.push(Number(time))
    was = is
  }
  return onsets
}

/** Milliseconds that the sound of each mark comes after its picture. */
export async function avOffsetsMs(file: string): Promise<readonly number[]> {
  const [video, audio] = await Promise.all([markOnsets(file, 'video'), markOnsets(file, 'audio')])
  return video.flatMap((time) => {
    const heard = audio.find((each) => Math.abs(each - time) < MARK_APART_S)
    return heard === undefined ? [] : [Math.round((heard - time) * 1000)]
  })
}
