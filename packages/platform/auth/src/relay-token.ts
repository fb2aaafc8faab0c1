import { createHmac, timingSafeEqual } from 'node:crypto'

import type { Keyring } from './secrets.ts'

/** What a relay token opens, and to whom. */
export interface RelayGrant {
  /** The node that may fetch. */
  nodeId: string
  /** Names of the stream. */
  vhost: string
  app: string
  stream: string
}

/** How long a relay token is good for: a few tries to connect. */
export const RELAY_TOKEN_TTL_S = 300
/** How far the clocks of nodes and control may differ. */
const LEEWAY_S = 60

/** The key of one boot of a node, with which control signs what other nodes may fetch there; 32 bytes in base64url. */
export function relayKeyOf({ pepper }: Keyring, nodeId: string, bootId: string): string {
  return createHmac('sha256', pepper).update(`relay-key\n${nodeId}\n${bootId}`).digest('base64url')
}

/** A token that lets `grant.nodeId` fetch one stream at the node that has `relayKey`. No secret of the stream is in it. */
export function signRelayToken(relayKey: string, grant: RelayGrant, nowMs: number): string {
  const expiresS = Math.floor(nowMs / 1000) + RELAY_TOKEN_TTL_S
  return `${expiresS}.${grant.nodeId}.${mac(relayKey, grant, expiresS)}`
}

/** The node that shows a token for this stream; undefined when the token is forged, too old, or for another stream or node. */
export function verifyRelayToken(
  relayKey: string,
  token: string,
  stream: Omit<RelayGrant, 'nodeId'>,
  nowMs: number,
): string | undefined {
  const [, expires = '', nodeId = '', given = ''] = /^(\d{1,12})\.(\w{1,64})\.([\w-]{43})$/.exec(token) ?? []
  if (given === '') return undefined
  const wanted = mac(relayKey, { ...stream, nodeId }, Number(expires))
  if (!timingSafeEqual(Buffer.from(wanted), Buffer.from(given))) return undefined
  const leftS = Number(expires) - nowMs / 1000
  return leftS > -LEEWAY_S && leftS <= RELAY_TOKEN_TTL_S + LEEWAY_S ? nodeId : undefined
}

function mac(relayKey: string, { nodeId, vhost, app, stream }: RelayGrant, expiresS: number): string {
  return createHmac('sha256', Buffer.from(relayKey, 'base64url'))
    .update(JSON.stringify([expiresS, nodeId, vhost, app, stream]))
    .digest('base64url')
}
