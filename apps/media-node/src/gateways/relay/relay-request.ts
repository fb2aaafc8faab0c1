import { verifyRelayToken } from '@millrace/auth'
import type { Hub, LiveStream, StreamKey } from '@millrace/hub'

import { text, type HttpAnswer, type HttpRequest } from '../../io/http.ts'

export interface RelayDeps {
  hub: Hub
  /** Whether a stream comes from another node: then it is not passed on, so that no ring can form. */
  relayed: (stream: LiveStream) => boolean
  /** Undefined until the node is registered. */
  relayKey: () => string | undefined
}

/** A stream that another node may fetch here, or what that node is answered. */
export type RelayAsked =
  | { readonly stream: LiveStream; readonly node: string; readonly refusal?: never }
  | { readonly refusal: HttpAnswer }

const RELAY_PATH = /^\/relay\/v1\/(?<vhost>[^/]+)\/(?<app>.+)\/(?<name>[^/]+)\.(?<form>flv|rtp)$/

/** The stream that a path of nodes names in a form of ours; undefined for any other path. */
export function relayPath(path: string, wanted: 'flv' | 'rtp'): StreamKey | undefined {
  const { vhost, app, name, form } = RELAY_PATH.exec(path)?.groups ?? {}
  return vhost && app && name && form === wanted ? { vhost, app, name } : undefined
}

/** Judges a node that asks for a stream, by its token and by where the stream comes from. */
export function askedBy({ raw }: HttpRequest, key: StreamKey, { hub, relayed, relayKey }: RelayDeps): RelayAsked {
  const token = /^Bearer (\S+)$/.exec(raw.headers.authorization ?? '')?.[1] ?? ''
  const named = { vhost: key.vhost, app: key.app, stream: key.name }
  const nodeKey = relayKey()
  const node = nodeKey === undefined ? undefined : verifyRelayToken(nodeKey, token, named, Date.now())
  if (node === undefined) return { refusal: text(401, 'a relay token is needed') }
  const stream = hub.find(key)
  if (!stream?.publication || relayed(stream)) return { refusal: text(404, 'this stream is not published here') }
  return { stream, node }
}
