import type { AudioTrack, Track, VideoTrack } from '@millrace/media'

/** The tracks of a stream that FLV carries: the first of each kind. Players that know multitrack are too few. */
export interface CarriedTracks {
  readonly video: VideoTrack | undefined
  readonly audio: AudioTrack | undefined
}

/** Whether FLV carries the track: id 1 is the first video track, id 2 the first audio track; G.711 is 8 kHz only. */
export function isCarried(track: Track): boolean {
  if (track.kind === 'video') return track.id === 1
  const g711 = track.codec === 'pcma' || track.codec === 'pcmu'
  return track.id === 2 && (!g711 || (track.sampleRate === 8000 && track.channels <= 2))
}

/** Picks the tracks that are carried. */
export function carriedTracks(tracks: readonly Track[]): CarriedTracks {
  const carried = tracks.filter(isCarried)
  return {
    video: carried.find((track) => track.kind === 'video'),
    audio: carried.find((track) => track.kind === 'audio'),
  }
}
