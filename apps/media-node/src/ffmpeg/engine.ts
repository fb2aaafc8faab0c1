import type { VhostConfig } from '@millrace/config'
import { CodedError } from '@millrace/core'

/** An `engine` of the file: one output of FFmpeg. */
export type Engine = VhostConfig['transcode'][number]['engine'][number]

type Pairs = Engine['vfilter']

/**
 * What FFmpeg is told after its input: filters, encoders, format, output.
 *
 * @throws CodedError `FFMPEG_CODEC` for an engine without encoders, which SRS (3015) doesn't start either
 * @see SRS 4 `full.conf`, "engine"
 */
export function outputArgs(engine: Engine, output: string): string[] {
  const { vfilter, oformat } = engine
  return [...options(vfilter), ...videoArgs(engine), ...audioArgs(engine), ...formatArgs(oformat), '-y', output]
}

/** What FFmpeg is told up to its input: options, format, input. */
export function inputArgs({ perfile, iformat }: Pick<Engine, 'perfile' | 'iformat'>, input: string): string[] {
  return [...options(perfile), ...(input.startsWith('rtmp://') ? formatArgs(iformat) : []), '-i', input]
}

/** What FFmpeg is told after its input, to leave both streams as they are. */
export function copyArgs(output: string): string[] {
  return ['-vcodec', 'copy', '-acodec', 'copy', '-f', 'flv', '-y', output]
}

function videoArgs(engine: Engine): string[] {
  const { vcodec, vbitrate, vfps, vwidth, vheight, vthreads, vprofile, vpreset, vparams } = engine
  if (vcodec === '') throw new CodedError('FFMPEG_CODEC', 'the engine has no vcodec')
  if (vcodec === 'vn') return ['-vn']
  if (vcodec === 'copy') return ['-vcodec', 'copy']
  // encoders of 4:2:0 take even sizes only
  const [width, height] = [vwidth & ~1, vheight & ~1]
  const size = width > 0 && height > 0 ? ['-s', `${width}x${height}`, '-aspect', `${width}:${height}`] : []
  return [
    '-vcodec',
    vcodec,
    ...given('-b:v', vbitrate * 1000),
    ...given('-r', vfps),
    ...size,
    ...given('-threads', vthreads),
    ...(vcodec === 'png' ? [] : ['-profile:v', vprofile, '-preset', vpreset]),
    ...options(vparams),
  ]
}

function audioArgs({ acodec, abitrate, asample_rate: sampleRate, achannels, aparams }: Engine): string[] {
  if (acodec === '') throw new CodedError('FFMPEG_CODEC', 'the engine has no acodec')
  if (acodec === 'an') return ['-an']
  // what is left of the options then makes FLV of what came as a transport stream
  const copied = aparams.filter(([name, value]) => name === 'bsf:a' && value === 'aac_adtstoasc')
  if (acodec === 'copy') return ['-acodec', 'copy', ...options(copied)]
  return [
    '-acodec',
    acodec,
    ...given('-b:a', abitrate * 1000),
    ...given('-ar', sampleRate),
    ...given('-ac', achannels),
    ...options(aparams),
  ]
}

function formatArgs(format: string): string[] {
  return format === '' || format === 'off' ? [] : ['-f', format]
}

/** 0 stands for FFmpeg's own choice. */
function given(name: string, value: number): string[] {
  return value > 0 ? [name, String(value)] : []
}

function options(pairs: Pairs): string[] {
  return pairs.flatMap(([name, value]) => (value === '' ? [`-${name}`] : [`-${name}`, value]))
}
