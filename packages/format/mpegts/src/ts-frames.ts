import {
  aacTrack,
  avcConfigOf,
  H264_NALU,
  h264NaluType,
  h264Track,
  HEVC_NALU,
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
import { equalBytes } from '@millrace/bytes'
import { FormatError } from '@millrace/core'
import type { AudioTrack, Frame, Track, VideoTrack } from '@millrace/media'

import { TsDemuxer, type PesPacket } from './demuxer.ts'
import { STREAM_TYPE } from './psi.ts'

const TIMESCALE = 90_000
const VIDEO = { id: 1, timescale: TIMESCALE }
const AUDIO = { id: 2, timescale: TIMESCALE }

/**
 * Frames of transport stream segments, each a stream of its own that begins with a key frame: the first video and the first
 * audio stream, in H.264, HEVC, AAC or MP3. A track stays the same object as long as its configuration does.
 */
export class TsFrames {
  #video: VideoTrack | undefined
  #audio: AudioTrack | undefined
  #frames: Frame[] = []

  /** All frames of a segment but those that can't be read. Throws FormatError for what is no transport stream. */
  read(segment: Uint8Array): Frame[] {
    this.#frames = []
    const pids = new Map<Track['kind'], number>()
    const demuxer = new TsDemuxer({
      program() {},
      pes: (packet) => {
        const kind = kindOf(packet.stream.streamType)
        if (kind === undefined) return
        if (!pids.has(kind)) pids.set(kind, packet.stream.pid)
        if (pids.get(kind) === packet.stream.pid) this.#packet(packet)
      },
    })
    demuxer.push(segment)
    demuxer.flush()
    return this.#frames
  }

  #packet(packet: PesPacket): void {
    const { streamType } = packet.stream
    try {
      if (streamType === STREAM_TYPE.aacAdts) this.#aac(packet)
      else if (streamType === STREAM_TYPE.mpeg1Audio) this.#mp3(packet)
      else this.#picture(packet, streamType === STREAM_TYPE.hevc)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }

  #picture({ data, pts90k, dts90k }: PesPacket, isHevc: boolean): void {
    const nalus = splitAnnexB(data)
    const typeOf = isHevc ? hevcNaluType : h264NaluType
    const ofType = (type: number): Uint8Array[] => nalus.filter((nalu) => typeOf(nalu) === type)
    const inBand: readonly number[] = isHevc
      ? [HEVC_NALU.vps, HEVC_NALU.sps, HEVC_NALU.pps, HEVC_NALU.aud]
      : [H264_NALU.sps, H264_NALU.pps, H264_NALU.aud]
    const sps = ofType(isHevc ? HEVC_NALU.sps : H264_NALU.sps)
    const pps = ofType(isHevc ? HEVC_NALU.pps : H264_NALU.pps)
    if (sps.length > 0 && pps.length > 0) {
      this.#video = same(
        this.#video,
        isHevc
          ? hevcTrack(VIDEO, writeHevcConfig(hevcConfigOf(ofType(HEVC_NALU.vps), sps, pps)))
          : h264Track(VIDEO, writeAvcConfig(avcConfigOf(sps, pps))),
      )
    }
    const payload = joinNalus(nalus.filter((nalu) => !inBand.includes(typeOf(nalu))))
    // a picture before the first parameter sets can't be decoded
    if (this.#video === undefined || pts90k === null || payload.length === 0) return
    const key = isHevc ? isHevcKey(payload) : isH264Key(payload, false)
    this.#frames.push({ track: this.#video, dtsTicks: dts90k ?? pts90k, ptsTicks: pts90k, key, payload })
  }

  #aac({ data, pts90k }: PesPacket): void {
    let samples = 0
    for (let at = 0; at < data.length && pts90k !== null;) {
      const { objectType, sampleRate, channelConfig, headerBytes, frameBytes } = readAdtsHeader(data, at)
      this.#audio = same(this.#audio, aacTrack(AUDIO, writeAacConfig(objectType, sampleRate, channelConfig)))
      this.#sound(pts90k + (samples * TIMESCALE) / sampleRate, slice(data, at + headerBytes, at + frameBytes))
      samples += 1024
      at += frameBytes
    }
  }

  #mp3({ data, pts90k }: PesPacket): void {
    let samples = 0
    for (let at = 0; at < data.length && pts90k !== null;) {
      const header = readMp3Header(data, at)
      this.#audio = same(this.#audio, mp3Track(AUDIO, header))
      this.#sound(pts90k + (samples * TIMESCALE) / header.sampleRate, slice(data, at, at + header.frameBytes))
      samples += header.frameSamples
      at += header.frameBytes
    }
  }

  #sound(ticks: number, payload: Uint8Array): void {
    const at = Math.round(ticks)
    this.#frames.push({ track: this.#audio!, dtsTicks: at, ptsTicks: at, key: true, payload })
  }
}

function kindOf(streamType: number): Track['kind'] | undefined {
  if (streamType === STREAM_TYPE.h264 || streamType === STREAM_TYPE.hevc) return 'video'
  return streamType === STREAM_TYPE.aacAdts || streamType === STREAM_TYPE.mpeg1Audio ? 'audio' : undefined
}

function slice(data: Uint8Array, from: number, to: number): Uint8Array {
  if (to > data.length) throw new FormatError('TS_FRAME_CUT', 'an audio frame that is longer than its packet')
  return data.subarray(from, to)
}

/** The track there was, if the new one tells nothing else. */
function same<T extends Track>(before: T | undefined, now: T): T {
  if (before === undefined || before.codec !== now.codec || !equalBytes(before.config, now.config)) return now
  return before.codecString === now.codecString ? before : now
}
