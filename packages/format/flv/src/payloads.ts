import { rescale } from '@millrace/core'
import type { FlvBody, FlvPayloads, Frame, StreamInfo, TimedFlvBody, Track } from '@millrace/media'

import { writeAudioBody, writeAudioConfig } from './audio-writer.ts'
import { carriedTracks, isCarried } from './carried.ts'
import { writeMetadata } from './metadata.ts'
import { videoCompositionMs, writeVideoBody, writeVideoConfig } from './video-writer.ts'
import type { HevcDialect } from './video-writer.ts'

export interface FlvPayloadsOptions {
  /** How HEVC is written: as Enhanced RTMP (the default), or as codec id 12 for old Chinese players. */
  hevc?: HevcDialect
}

/**
 * Tag bodies of a stream's first video and first audio track. H.264, AAC, MP3 and G.711 are written as legacy tags,
 * which every player reads; HEVC, AV1, VP9, VP8 and Opus as Enhanced RTMP. Bodies that came in that way are passed on.
 */
export function createFlvPayloads({ hevc = 'enhanced' }: FlvPayloadsOptions = {}): FlvPayloads {
  return {
    metadata: (info) => writeMetadata(info, hevc),
    sequenceHeaders: (info) => sequenceHeaders(info, hevc),
    body: (frame) => (isCarried(frame.track) ? frameBody(frame, hevc) : null),
  }
}

function sequenceHeaders(info: StreamInfo, hevc: HevcDialect): FlvBody[] {
  const { video, audio } = carriedTracks(info.tracks)
  const headers: FlvBody[] = []
  const videoBody = video && writeVideoConfig(video, hevc)
  if (videoBody) headers.push({ kind: 'video', body: videoBody })
  const audioBody = audio && writeAudioConfig(audio)
  if (audioBody) headers.push({ kind: 'audio', body: audioBody })
  return headers
}

function frameBody(frame: Frame, hevc: HevcDialect): TimedFlvBody {
  const { track, flvBody } = frame
  const timestampMs = toMs(frame.dtsTicks, track)
  if (track.kind === 'audio') {
    return { kind: 'audio', timestampMs, body: flvBody ?? writeAudioBody(track, frame.payload) }
  }
  const compositionMs = toMs(frame.ptsTicks, track) - timestampMs
  const rewritten = track.codec === 'hevc' && hevc === 'legacy'
  // a repaired timestamp may have left the composition time in the body behind
  const asItIs = flvBody && !rewritten && videoCompositionMs(track.codec, flvBody) === compositionMs
  const body = asItIs ? flvBody : writeVideoBody(track.codec, frame, compositionMs, hevc)
  return { kind: 'video', timestampMs, body }
}

function toMs(ticks: number, track: Track): number {
  return rescale(ticks, track.timescale, 1000)
}
