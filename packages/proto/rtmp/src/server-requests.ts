import type { AmfValue } from '@millrace/amf'

import type { ConnectInfo } from './connect.ts'
import type { PublishManner, RtmpPlayRequest, RtmpPublishRequest } from './server-events.ts'
import { parseRtmpTarget } from './url.ts'

/**
 * The request in the values of `publish`: null, name, type. Null without a name: `publish(false)` is Flash's way to stop.
 *
 * @see Adobe RTMP 1.0 §7.2.2.6
 */
export function publishRequest(
  info: ConnectInfo,
  [, name, type]: readonly AmfValue[],
  manner: PublishManner,
): RtmpPublishRequest | null {
  if (typeof name !== 'string') return null
  const target = parseRtmpTarget(info.tcUrl, name, info.app)
  return { ...info, ...target, type: 'publish', publishType: typeof type === 'string' ? type : 'live', manner }
}

/**
 * The request in the values of `play`: null, name, start, duration, reset. Null without a name. The specification counts in
 * seconds, what clients send is milliseconds.
 *
 * @see Adobe RTMP 1.0 §7.2.2.1
 */
export function playRequest(info: ConnectInfo, [, name, start, duration]: readonly AmfValue[]): RtmpPlayRequest | null {
  if (typeof name !== 'string') return null
  return {
    ...info,
    ...parseRtmpTarget(info.tcUrl, name, info.app),
    type: 'play',
    start: typeof start === 'number' ? start : -2,
    durationMs: typeof duration === 'number' && duration > 0 ? duration : null,
  }
}
