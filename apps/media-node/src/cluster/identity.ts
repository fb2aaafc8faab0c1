import type { RtmpClientOptions } from '@millrace/rtmp'

import { VERSION } from '../version.ts'

type ConnectArgs = RtmpClientOptions['args']

/** Servers that a stream may pass through. */
const MAX_HOPS = 16
const MAX_ID_LENGTH = 64
const VIA = 'millrace_via'

/**
 * What a node says of itself when it connects to another: names that SRS logs, and through which nodes the stream has come.
 *
 * @param args as the client of this node came with
 */
export function connectArgs(serverId: string, args: ConnectArgs | null): NonNullable<ConnectArgs> {
  return {
    srs_sig: 'Millrace',
    srs_server: `Millrace/${VERSION}`,
    srs_version: VERSION,
    srs_pid: process.pid,
    srs_id: serverId,
    [VIA]: [...viaOf(args), serverId].join(' '),
  }
}

/** Whether a client comes from this node by way of others, or by way of too many. */
export function isLoop(serverId: string, args: ConnectArgs | null): boolean {
  const via = viaOf(args)
  return via.includes(serverId) || via.length >= MAX_HOPS
}

function viaOf(args: ConnectArgs | null): readonly string[] {
  const via = args?.[VIA]
  if (typeof via !== 'string') return []
  const ids = via.slice(0, MAX_HOPS * (MAX_ID_LENGTH + 1)).split(' ')
  return ids.filter((id) => id !== '').slice(0, MAX_HOPS)
}
