import type { Frame, Packager, StreamInfo } from '@millrace/media'

/** Kinds of tracks. */
export type Kinds = Readonly<Record<'audio' | 'video', boolean>>

/** Leaves out the tracks of other kinds. */
export function onlyKinds(kinds: Kinds, packager: Packager): Packager {
  if (kinds.audio && kinds.video) return packager
  const without = (info: StreamInfo): StreamInfo => ({ ...info, tracks: info.tracks.filter(({ kind }) => kinds[kind]) })
  const wanted = (frame: Frame): boolean => kinds[frame.track.kind]
  return {
    prepare: (info) => packager.prepare?.(without(info)),
    init: (info, dtsMs) => packager.init(without(info), dtsMs),
    update: (info, dtsMs) => packager.update(without(info), dtsMs),
    encode: (frame) => (wanted(frame) ? packager.encode(frame) : []),
  }
}
