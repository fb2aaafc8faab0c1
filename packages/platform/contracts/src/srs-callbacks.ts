/** What callbacks of SRS's kind tell of a client. */
export interface SrsClientFacts {
  readonly serverId: string
  readonly clientId: string
  readonly ip: string
  readonly vhost: string
  readonly app: string
  readonly stream: string
  /** Query string with its `?`, or empty. */
  readonly param: string
  readonly tcUrl: string
  /** Empty for clients that name none. */
  readonly pageUrl: string
}

/** What is told of a client's doings. */
export type SrsClientAction = 'on_connect' | 'on_publish' | 'on_unpublish' | 'on_play' | 'on_stop'

/** The body of a callback about a client's doings; of `on_connect` and the like. The order of the keys is SRS's. */
export function srsClientCallback(action: SrsClientAction, facts: SrsClientFacts): object {
  const { stream, param, tcUrl, pageUrl } = facts
  const head = headOf(action, facts)
  switch (action) {
    case 'on_connect':
      return { ...head, stream, param, tcUrl, pageUrl }
    case 'on_publish':
      return { ...head, tcUrl, stream, param }
    case 'on_play':
      return { ...head, stream, param, pageUrl }
    case 'on_unpublish':
    case 'on_stop':
      return { ...head, stream, param }
  }
}

/** The body of `on_close`, with the bytes of the whole connection. */
export function srsCloseCallback(
  facts: Omit<SrsClientFacts, 'stream' | 'param' | 'tcUrl' | 'pageUrl'>,
  { sentBytes, receivedBytes }: { readonly sentBytes: number; readonly receivedBytes: number },
): object {
  return { ...headOf('on_close', facts), send_bytes: sentBytes, recv_bytes: receivedBytes }
}

/** A file that is complete. */
export interface SrsFileFacts {
  /** Folder that relative names are in. */
  readonly cwd: string
  readonly file: string
}

/** The body of `on_dvr`. */
export function srsDvrCallback(facts: SrsClientFacts, { cwd, file }: SrsFileFacts): object {
  const { stream, param } = facts
  return { ...headOf('on_dvr', facts), stream, param, cwd, file }
}

/** A segment of HLS that is complete. */
export interface SrsHlsFacts extends SrsFileFacts {
  readonly durationS: number
  /** Of the segment, as players ask for it. */
  readonly url: string
  /** File of the playlist. */
  readonly m3u8: string
  /** Of the playlist, as players ask for it. */
  readonly m3u8Url: string
  readonly sequence: number
}

/** The body of `on_hls`. */
export function srsHlsCallback(facts: SrsClientFacts, hls: SrsHlsFacts): object {
  const { stream, param } = facts
  const { durationS: duration, cwd, file, url, m3u8, m3u8Url, sequence } = hls
  const head = headOf('on_hls', facts)
  return { ...head, stream, param, duration, cwd, file, url, m3u8, m3u8_url: m3u8Url, seq_no: sequence }
}

/** The body of `on_forward`. @see SRS 5 `forward.backend` */
export function srsForwardCallback(facts: SrsClientFacts, serviceId: string): object {
  const { serverId, clientId, ip, vhost, app, tcUrl, stream, param } = facts
  return {
    action: 'on_forward',
    server_id: serverId,
    service_id: serviceId,
    client_id: clientId,
    ip,
    vhost,
    app,
    tcUrl,
    stream,
    param,
  }
}

function headOf(
  action: string,
  { serverId, clientId, ip, vhost, app }: Pick<SrsClientFacts, 'serverId' | 'clientId' | 'ip' | 'vhost' | 'app'>,
): object {
  return { server_id: serverId, action, client_id: clientId, ip, vhost, app }
}
