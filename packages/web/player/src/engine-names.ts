/** How a stream reaches the player. */
export type EngineName = 'flv' | 'ws-flv' | 'hls' | 'webrtc'

/** Engine names in the order they are offered. */
export const ENGINE_NAMES: readonly EngineName[] = ['flv', 'ws-flv', 'hls', 'webrtc']

/** Names for people. */
export const ENGINE_LABELS: Readonly<Record<EngineName, string>> = {
  flv: 'HTTP-FLV',
  'ws-flv': 'WS-FLV',
  hls: 'HLS',
  webrtc: 'WebRTC',
}

export function isEngineName(value: unknown): value is EngineName {
  return ENGINE_NAMES.includes(value as EngineName)
}
