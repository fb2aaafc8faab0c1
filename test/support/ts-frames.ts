/** Frames of a transport stream file, for tests that need real media with B-frames on a 90 kHz clock. */
import {
  H264_NALU,
  HEVC_NALU,
  aacTrack,
  avcConfigOf,
  h264NaluType,
  h264Track,
  hevcConfigOf,
  hevcNaluType,
  hevcTrack,
  isH264Key,
  isHevcKey,
  joinNalus,
  mp3Track,
  readAdtsHeader,
  readMp3Header,
  splitAnnexB,
  writeAacConfig,
  writeAvcConfig,
  writeHevcConfig,
} from '@millrace/codecs'
import type { Frame, Track } from '@millrace/media'
import { STREAM_TYPE, TsDemuxer, type PesPacket } from '@millrace/mpegts'

export interface TsFile {
  readonly tracks: readonly Track[]
  /** In decoding order, the earliest first. */
  readonly frames: readonly Frame[]
}

const TIMESCALE = 90_000

/** Reads a whole file with one video and one audio stream at most, in H.264, HEVC, AAC or MP3. */
export function readTsFile(bytes: Uint8Array): TsFile {
  const tracks = new Map<string, Track>()
  const frames: Frame[] = []
  const track = (kind: Track['kind'], make: () => Track): Track => {
    const found = tracks.get(kind) ?? make()
    tracks.set(kind, found)
    return found
  }
  const demuxer = new TsDemuxer({
    program() {},
    pes(packet) {
      const { streamType } = packet.stream
      if (streamType === STREAM_TYPE.aacAdts) frames.push(...aacFrames(packet, (make) => track('audio', make)))
      else if (streamType === STREAM_TYPE.mpeg1Audio) frames.push(...mp3Frames(packet, (make) => track('audio', make)))
      else frames.push(pictureOf(packet, (make) => track('video', make)))
    },
  })
  demuxer.push(bytes)
  demuxer.flush()
  return {
    tracks: [...tracks.values()].toSorted((a, b) => a.id - b.id),
    frames: frames.toSorted((a, b) => a.dtsTicks - b.dtsTicks),
  }
}

type TrackOf = (make: () => Track) => Track

function pictureOf({ stream, data, pts90k, dts90k }: PesPacket, trackOf: TrackOf): Frame {
  const isHevc = stream.streamType === STREAM_TYPE.hevc
  const nalus = splitAnnexB(data)
  const typeOf = isHevc ? hevcNaluType : h264NaluType
  const ofType = (type: number): Uint8Array[] => nalus.filter((nalu) => typeOf(nalu) === type)
  const identity = { id: 1, timescale: TIMESCALE }
  const track = trackOf(() =>
    isHevc
      ? hevcTrack(
          identity,
          writeHevcConfig(hevcConfigOf(ofType(HEVC_NALU.vps), ofType(HEVC_NALU.sps), ofType(HEVC_NALU.pps))),
        )
      : h264Track(identity, writeAvcConfig(avcConfigOf(ofType(H264_NALU.sps), ofType(H264_NALU.pps)))),
  )
  // as publishers do: parameter sets in the configuration only
  const outOfBand: readonly number[] = isHevc
    ? [HEVC_NALU.vps, HEVC_NALU.sps, HEVC_NALU.pps, HEVC_NALU.aud]
    : [H264_NALU.sps, H264_NALU.pps, H264_NALU.aud]
  const payload = joinNalus(nalus.filter((nalu) => !outOfBand.includes(typeOf(nalu))))
  const key = isHevc ? isHevcKey(payload) : isH264Key(payload, false)
  return { track, dtsTicks: dts90k ?? 0, ptsTicks: pts90k ?? 0, key, payload }
}

function aacFrames({ data, pts90k }: PesPacket, trackOf: TrackOf): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < data.length;) {
    const { objectType, sampleRate, channelConfig, headerBytes, frameBytes } = readAdtsHeader(data, at)
    const identity = { id: 2, timescale: TIMESCALE }
    const track = trackOf(() => aacTrack(identity, writeAacConfig(objectType, sampleRate, channelConfig)))
    const ticks = (pts90k ?? 0) + Math.round((frames.length * 1024 * TIMESCALE) / sampleRate)
    const payload = data.subarray(at + headerBytes, at + frameBytes)
    frames.push({ track, dtsTicks: ticks, ptsTicks: ticks, key: true, payload })
    at += frameBytes
  }
  return frames
}

function mp3Frames({ data, pts90k }: PesPacket, trackOf: TrackOf): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < data.length;) {
    const header = readMp3Header(data, at)
    const track = trackOf(() => mp3Track({ id: 2, timescale: TIMESCALE }, header))
    const ticks = (pts90k ?? 0) + Math.round((frames.length * header.frameSamples * TIMESCALE) / header.sampleRate)
    const payload = data.subarray(at, at + header.frameBytes)
    frames.push({ track, dtsTicks: ticks, ptsTicks: ticks, key: true, payload })
    at += header.frameBytes
  }
  return frames
}
