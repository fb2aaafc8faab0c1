import { mediaSource } from './engine.ts'
import type { EngineFactory, EngineName } from './engine.ts'
import { openFlv } from './flv.ts'
import { openHls } from './hls.ts'
import { openNativeHls, prefersNativeHls } from './native-hls.ts'

/** Engine names in the order they are offered. */
export const ENGINE_NAMES: readonly EngineName[] = ['flv', 'ws-flv', 'hls']

/** Names for people. */
export const ENGINE_LABELS: Readonly<Record<EngineName, string>> = {
  flv: 'HTTP-FLV',
  'ws-flv': 'WS-FLV',
  hls: 'HLS',
}

export function isEngineName(value: unknown): value is EngineName {
  return ENGINE_NAMES.includes(value as EngineName)
}

/** The engine that plays `name` in this browser. */
export function engineFactory(name: EngineName, video: HTMLVideoElement): EngineFactory {
  if (name !== 'hls') return openFlv
  return prefersNativeHls(video, mediaSource() !== undefined) ? openNativeHls : openHls
}
