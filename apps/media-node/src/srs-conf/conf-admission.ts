import type { Protocol } from '@millrace/contracts'
import { isPathName, isStreamName } from '@millrace/contracts/plain'
import type { StreamKey } from '@millrace/hub'

import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from '../admission/admission.ts'
import type { Callbacks } from '../callbacks/callbacks.ts'
import { traverseToken } from '../cluster/token-traverse.ts'
import { referAllows } from '../admission/refer-rules.ts'
import type { SecurityRefusal } from '../admission/security-rules.ts'
import type { Vhost, Vhosts } from './vhosts.ts'

/** Whom the admission asks and tells. */
export type AdmissionCallbacks = Pick<Callbacks, 'arrived' | 'connect' | 'publish' | 'play'>

const SECURITY_TEXTS: Readonly<Record<SecurityRefusal, string>> = {
  SECURITY_NO_RULES: 'the vhost has security without any rule, which lets nobody in',
  SECURITY_DENIED: 'a rule of the vhost denies your address',
  SECURITY_NOT_ALLOWED: 'no rule of the vhost allows your address',
}

/**
 * Admission of a node with an `srs.conf`, in SRS's order: vhost, refer of all, what an edge's origin
 * says to the client's token, security, name, then refer of the action and, for
 * publishers, whether another is there.
 *
 * SRS: `security` holds for WebRTC too, as since SRS 5, and a publisher of WebRTC is there once it has connected, not
 * since its offer was answered: two may be answered, and the first to connect has the stream until the other does. One that a
 * backend has let in and that is refused later is told to it as gone (`on_unpublish`, `on_stop`), as one of RTMP is.
 */
export class ConfAdmission implements Admission {
  readonly #vhosts: Vhosts
  readonly #published: (key: StreamKey) => boolean
  readonly #callbacks: AdmissionCallbacks | undefined

  /** @param published whether a stream has a publisher */
  constructor(vhosts: Vhosts, published: (key: StreamKey) => boolean, callbacks?: AdmissionCallbacks) {
    this.#vhosts = vhosts
    this.#published = published
    this.#callbacks = callbacks
  }

  /**
   * @throws AdmissionError `VHOST_NOT_FOUND`, `VHOST_DISABLED`, `PROTOCOL_DISABLED`, `REFER_DENIED`, `SECURITY_…`,
   *   `STREAM_NAME_INVALID`, `STREAM_BUSY`, `TOKEN_REFUSED` or `ORIGIN_UNREACHABLE`
   */
  async admit(request: AdmissionRequest): Promise<Grant> {
    const vhost = this.#vhosts.find(request.vhost)
    // SRS: 2014, for both
    if (!vhost) throw new AdmissionError('VHOST_NOT_FOUND', 'there is no such vhost, and no default one')
    const { config, security } = vhost
    this.#callbacks?.arrived(request, config.name)
    if (!config.enabled) throw new AdmissionError('VHOST_DISABLED', 'the vhost is disabled')
    checkProtocol(vhost, request.protocol)
    checkRefer(vhost, request, 'all')
    // what has a connection of its own
    if (request.connection) await this.#callbacks?.connect(request, config.name)
    await traverseToken(config.cluster, request)
    const refusal = security(request.action, request.client.ip)
    if (refusal) throw new AdmissionError(refusal, SECURITY_TEXTS[refusal])
    const { app, stream } = request
    if (!isPathName(app) || !isStreamName(stream)) {
      throw new AdmissionError('STREAM_NAME_INVALID', 'the app or stream name has characters that no stream may have')
    }
    await this.#askAndRefer(vhost, request)
    const key = { vhost: config.name, app, name: stream }
    if (request.action === 'publish' && this.#published(key)) {
      throw new AdmissionError('STREAM_BUSY', 'somebody publishes this stream already')
    }
    return { key, streamId: null, keyId: null }
  }

  /** Players are asked about before refer, publishers after it. */
  async #askAndRefer(vhost: Vhost, request: AdmissionRequest): Promise<void> {
    const { action, visit } = request
    const { name } = vhost.config
    if (action === 'publish') checkRefer(vhost, request, 'publish')
    if (visit) await this.#callbacks?.[action](request, name, visit)
    if (action === 'play') checkRefer(vhost, request, 'play')
  }
}

/** What the mount of a vhost must end with for a protocol. */
const MOUNTED: Readonly<Partial<Record<Protocol, string>>> = {
  'http-flv': '.flv',
  'ws-flv': '.flv',
  'http-ts': '.ts',
  'http-aac': '.aac',
  'http-mp3': '.mp3',
}

/** Whether the vhost hands its streams out that way. */
function checkProtocol({ config, policy }: Vhost, protocol: Protocol): void {
  const { enabled, mount } = config.http_remux
  const extension = MOUNTED[protocol]
  const served =
    protocol === 'hls' ? policy.hlsFiles !== undefined : !extension || (enabled && mount.endsWith(extension))
  if (!served) throw new AdmissionError('PROTOCOL_DISABLED', `the vhost serves no ${protocol}`)
}

/** As in SRS, of RTMP clients alone: other players seldom say which page they are in. */
function checkRefer({ config: { refer } }: Vhost, request: AdmissionRequest, list: 'all' | 'publish' | 'play'): void {
  if (!refer.enabled || (request.protocol !== 'rtmp' && request.protocol !== 'rtmps')) return
  if (!referAllows(refer[list], request.client.pageUrl)) {
    throw new AdmissionError('REFER_DENIED', 'streams of this vhost may not be used from this page')
  }
}
