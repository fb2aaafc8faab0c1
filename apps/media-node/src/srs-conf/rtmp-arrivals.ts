import { parseRtmpTarget, type ConnectInfo, type ConnectPolicy } from '@millrace/rtmp'

import type { RtmpArrival } from '../gateways/rtmp/connection.ts'
import { VERSION } from '../version.ts'
import type { Vhosts } from './vhosts.ts'

/** How RTMP clients are met, by the vhost that they name first. */
export class RtmpArrivals {
  readonly #vhosts: Vhosts
  readonly #nowMs: () => number
  /** When the last check of a bandwidth began, of whichever vhost: each costs as much as many players. */
  #checkedAtMs: number | undefined

  constructor(vhosts: Vhosts, nowMs: () => number) {
    this.#vhosts = vhosts
    this.#nowMs = nowMs
  }

  meet({ info, clientId, localIp }: RtmpArrival): ConnectPolicy {
    const { vhost, host } = parseRtmpTarget(info.tcUrl, '', info.app)
    const { config } = this.#vhosts.find(vhost ?? host) ?? {}
    const data = {
      version: '3,5,3,888',
      srs_sig: 'Millrace',
      srs_server: `Millrace/${VERSION}`,
      srs_version: VERSION,
      srs_server_ip: localIp,
      srs_pid: process.pid,
      srs_id: clientId,
    }
    if (!config) return { data }
    const { in_ack_size: acknowledgeBytes, out_ack_size: windowBytes, bandcheck } = config
    return {
      data,
      windowBytes,
      acknowledgeBytes: acknowledgeBytes > 0 ? acknowledgeBytes : undefined,
      ...(config.enabled && bandcheck.enabled && this.#check(info, bandcheck)),
    }
  }

  /** SRS: a client without the key is told so; SRS closes without a word. */
  #check(
    { tcUrl }: ConnectInfo,
    { key, interval, limit_kbps: limitKbps }: { key: string; interval: number; limit_kbps: number },
  ): ConnectPolicy {
    if (!tcUrl.includes(`key=${key}`)) return { rejection: 'bandcheck key is wrong' }
    const nowMs = this.#nowMs()
    const isTooSoon = this.#checkedAtMs !== undefined && nowMs - this.#checkedAtMs < interval * 1000
    if (isTooSoon) return { rejection: 'bandcheck rejected' }
    this.#checkedAtMs = nowMs
    return { bandwidthCheck: { limitKbps } }
  }
}
