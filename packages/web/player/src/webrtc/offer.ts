/** Candidates that take longer are left out. */
const GATHER_MS = 1_000
/** A server may hold its answer back while it looks for the stream. */
const ANSWER_MS = 10_000

export interface OfferOptions {
  /** WHIP or WHEP endpoint, absolute. */
  readonly url: string
  /** Stream key or playback token, sent as a bearer token. */
  readonly token?: string | undefined
  /** Aborted when the answer is no longer wanted: the session is then ended at the server as well. */
  readonly signal: AbortSignal
  /** What becomes of the offer before it is sent. */
  readonly edit?: (sdp: string) => string
}

/** A session at the server. */
export interface RtcResource {
  /** Where it is ended; undefined if the server told none. */
  readonly url: string | undefined
  readonly token: string | undefined
  /** Of the server's first candidate. */
  readonly port: number | undefined
}

/** What came of an offer. */
export type OfferResult =
  | { readonly type: 'answered'; readonly resource: RtcResource }
  /** By its HTTP status. */
  | { readonly type: 'refused'; readonly status: number }
  /** No HTTP answer. */
  | { readonly type: 'unreachable' }
  /** The browser can't use the answer, or can't make an offer. */
  | { readonly type: 'invalid' }
  | { readonly type: 'aborted' }

/**
 * Offers a peer connection to a WHIP or WHEP endpoint, with all candidates that are found within a second, and applies the answer.
 *
 * @see RFC 9725 §4.2
 */
export async function offerTo(peer: RTCPeerConnection, options: OfferOptions): Promise<OfferResult> {
  const { url, token, signal } = options
  const sdp = await localOffer(peer, options).catch(() => undefined)
  if (signal.aborted) return { type: 'aborted' }
  if (sdp === undefined) return { type: 'invalid' }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...authorization(token) },
    body: sdp,
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => undefined)
  if (!response) return { type: signal.aborted ? 'aborted' : 'unreachable' }
  if (response.status !== 201) return { type: 'refused', status: response.status }
  const location = response.headers.get('location')
  const resourceUrl = location === null ? undefined : URL.parse(location, response.url)?.href
  const answer = await response.text().catch(() => '')
  const resource = { url: resourceUrl, token, port: portOf(answer) }
  const applied = !signal.aborted && (await applies(peer, answer))
  if (applied && !signal.aborted) return { type: 'answered', resource }
  void endResource(resource)
  return { type: signal.aborted ? 'aborted' : 'invalid' }
}

/** Ends a session at the server; also while the page goes away. Never rejects. @see RFC 9725 §4.2 */
export async function endResource({ url, token }: RtcResource): Promise<void> {
  if (url === undefined) return
  // a server that doesn't hear it notices by itself, only later
  await fetch(url, { method: 'DELETE', headers: authorization(token), keepalive: true }).catch(() => undefined)
}

async function localOffer(peer: RTCPeerConnection, { edit = (sdp) => sdp }: OfferOptions): Promise<string | undefined> {
  const { type, sdp = '' } = await peer.createOffer()
  await peer.setLocalDescription({ type, sdp: edit(sdp) })
  await gathered(peer)
  return peer.localDescription?.sdp
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      peer.removeEventListener('icegatheringstatechange', check)
      resolve()
    }
    const check = (): void => {
      if (peer.iceGatheringState === 'complete') done()
    }
    const timer = setTimeout(done, GATHER_MS)
    peer.addEventListener('icegatheringstatechange', check)
    check()
  })
}

function applies(peer: RTCPeerConnection, sdp: string): Promise<boolean> {
  return peer.setRemoteDescription({ type: 'answer', sdp }).then(
    () => true,
    () => false,
  )
}

/** @see RFC 8839 §5.1 */
function portOf(sdp: string): number | undefined {
  const port = /^a=candidate:\S+ \d+ \S+ \d+ \S+ (\d+) /m.exec(sdp)?.[1]
  return port === undefined ? undefined : Number(port)
}

const authorization = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }
