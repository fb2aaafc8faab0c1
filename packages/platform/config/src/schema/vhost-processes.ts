import { ACTIVE, block, repeated } from './specification.ts'
import { choice, commands, flag, integer, pairs, text } from './values.ts'

/** One output of an FFmpeg that is run. @see SRS 4 `full.conf`, "engine" */
const ENGINE_FIELDS = {
  enabled: flag(false),
  perfile: pairs(),
  iformat: text('flv', { type: 'format of FFmpeg, or off' }),
  vfilter: pairs(),
  vcodec: choice('', ['', 'libx264', 'png', 'copy', 'vn']),
  vbitrate: integer(0, { min: 0, unit: 'kbps' }),
  vfps: integer(0, { min: 0, max: 1000 }),
  vwidth: integer(0, { min: 0, max: 16_384 }),
  vheight: integer(0, { min: 0, max: 16_384 }),
  vthreads: integer(1, { min: 0, max: 256 }),
  vprofile: text('', { type: 'profile of H.264' }),
  vpreset: text('', { type: 'preset of x264' }),
  vparams: pairs(),
  acodec: text('', { type: 'encoder of FFmpeg, copy, or an' }),
  abitrate: integer(0, { min: 0, unit: 'kbps' }),
  asample_rate: integer(0, { min: 0, max: 192_000, unit: 'Hz' }),
  achannels: integer(0, { min: 0, max: 2 }),
  aparams: pairs(),
  oformat: text('flv', { type: 'format of FFmpeg, or off' }),
  output: text('', { type: 'URL' }),
} as const

const ENGINE_NAMING = { label: 'NAME', optional: true, twice: 'all' } as const

interface Engine {
  readonly enabled: boolean
  readonly vcodec: string
  readonly vprofile: string
  readonly vpreset: string
}

/** SRS doesn't start the engine without them. */
function checkEngine({ enabled, vcodec, vprofile, vpreset }: Engine): string | undefined {
  if (!enabled || vcodec !== 'libx264') return undefined
  if (vprofile === '') return 'vprofile is missing, which libx264 needs here'
  return vpreset === '' ? 'vpreset is missing, which libx264 needs here' : undefined
}

const FFMPEG = text('', {
  type: 'path',
  deviation: 'an FFmpeg that is not there is looked for in `PATH`; SRS starts nothing without a path',
})

/** Live streams transcoded by FFmpeg. @see SRS 4 `full.conf`, "transcode" */
export const TRANSCODE = repeated(
  { label: '[APP[/STREAM]]', optional: true, twice: 'first' },
  {
    enabled: flag(false),
    ffmpeg: FFMPEG,
    engine: repeated(ENGINE_NAMING, ENGINE_FIELDS, { check: checkEngine }),
  },
  {
    status: ACTIVE,
    reload: 'hot',
    deviation:
      'a block leaves out the streams that came through it, and says so; SRS then drops the engines of all blocks, and says nothing',
  },
)

/** Files and streams brought in by FFmpeg. @see SRS 4 `full.conf`, "ingest" */
export const INGEST = repeated(
  { label: 'ID', optional: false, twice: 'refused' },
  {
    enabled: flag(false),
    ffmpeg: FFMPEG,
    input: block({ type: choice('file', ['file', 'stream']), url: text('', { type: 'path or URL' }) }),
    // SRS doesn't look what is in the engine of an ingest
    engine: repeated(ENGINE_NAMING, ENGINE_FIELDS, { lenient: true, check: checkEngine }),
  },
  { status: ACTIVE, reload: 'hot' },
)

/** Programs run while a stream is on, or at an event. @see SRS 4 `full.conf`, "exec"; nginx-rtmp-module, "Exec" */
export const EXEC = block(
  {
    enabled: flag(false),
    publish: commands({
      deviation:
        'output that is not redirected goes to a file in `ff_log_dir`; `[url]` has the own address of the node; a variable never becomes an option',
    }),
    exec_push: commands({ since: 'Millrace' }),
    exec_pull: commands({ since: 'Millrace' }),
    exec_publish: commands({ since: 'Millrace' }),
    exec_publish_done: commands({ since: 'Millrace' }),
    exec_play: commands({ since: 'Millrace' }),
    exec_play_done: commands({ since: 'Millrace' }),
    exec_record_done: commands({ since: 'Millrace' }),
  },
  { status: ACTIVE, reload: 'hot' },
)
