import { mediaSource } from './engine.ts'
import type { EngineFactory } from './engine.ts'
import type { EngineName } from './engine-names.ts'
import { openFlv } from './flv.ts'
import { openHls } from './hls.ts'
import { openNativeHls, prefersNativeHls } from './native-hls.ts'
import { openWhep } from './webrtc/whep.ts'

/** The engine that plays `name` in this browser. */
export function engineFactory(name: EngineName, video: HTMLVideoElement): EngineFactory {
  if (name === 'webrtc') return openWhep
  if (name !== 'hls') return openFlv
  return prefersNativeHls(video, mediaSource() !== undefined) ? openNativeHls : openHls
}
