import type { ArchiveOrder, GrantLimits, Protocol } from '@millrace/contracts'
import { CodedError } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'
import type { PublishManner } from '@millrace/rtmp'

import type { RtmpNames } from '../io/rtmp-names.ts'
import type { Onward } from './onward.ts'
import type { Visit } from './visit.ts'

/** A client that wants to publish or play, as its gateway understood it. */
export interface AdmissionRequest {
  action: 'publish' | 'play'
  protocol: Protocol
  /** Host name the client used, or the vhost it named by parameter. */
  vhost: string
  app: string
  stream: string
  /** Decoded query parameters. */
  params: Readonly<Record<string, string>>
  /** Literal query string with its `?`, for callbacks; empty or missing for none. */
  param?: string | undefined
  /** What is asked for, as long as it lasts; missing where nothing begins, as with preflights and requests for segments. */
  visit?: Visit | undefined
  /** What the client came over, where it may ask more than once. */
  connection?: Connection | undefined
  client: {
    /** Of the connection, or of the request where there is none: what the API and callbacks call the client. */
    id?: string | undefined
    ip: string
    /** Its address as a proxy before us tells it: unproven. */
    forwardedFor?: string | undefined
    userAgent?: string | undefined
    pageUrl?: string | undefined
    /** `Origin` header. */
    origin?: string | undefined
    /** As an RTMP client told in `connect`. */
    tcUrl?: string | undefined
    swfUrl?: string | undefined
    /** How an RTMP client came to publish. */
    manner?: PublishManner | undefined
    /** What an RTMP client put behind the command object of `connect`. */
    connectArgs?: RtmpNames['args'] | null
  }
}

/** A connection of a client. */
export interface Connection {
  readonly lifetime: Visit
  readonly sentBytes: () => number
  readonly receivedBytes: () => number
}

/** The permission of one viewer, beyond that of the stream. */
export interface PlaybackPass {
  /** Whether answers are for this viewer alone: caches that many share must not keep them. */
  readonly personal: boolean
  /** The origin whose pages may read the answers; null for all. */
  readonly origin: string | null
  /** Code of the reason why the viewer may watch no longer; undefined while it may. Cheap: asked of all, again and again. */
  readonly refusal: () => string | undefined
}

/** The permission, and the names to go on with. */
export interface Grant {
  key: StreamKey
  /** Ids at the control plane; null without one, or for a stream it doesn't know. */
  streamId: string | null
  keyId: string | null
  /** Of a player whose permission depends on more than the stream. */
  pass?: PlaybackPass | undefined
  /** Of a player: web origins whose pages may read the media; null or missing for all. */
  corsOrigins?: readonly string[] | null | undefined
  /** Of a publisher: counts those of the stream, over all nodes; null when nobody could give one. */
  epoch?: number | null
  /** Of a publisher: what it may use; without it all it likes. */
  limits?: GrantLimits | undefined
  /** Of a publisher: how its broadcast is archived; not at all without. */
  archive?: ArchiveOrder | null
  /** Of a publisher: where its stream is passed on to; nowhere without. */
  onward?: Onward | undefined
}

/** Decides who may publish and play. Every gateway asks it before anything else. */
export interface Admission {
  /** @throws AdmissionError when refused or when nobody could decide */
  admit(request: AdmissionRequest): Promise<Grant>
}

/** A refusal; the message is for the client. `ADMISSION_UNAVAILABLE` means that the control plane could not be asked. */
export class AdmissionError extends CodedError {}
