import { isAmfArray, isAmfObject, type AmfObject, type AmfValue } from '@millrace/amf'

/** What a client told in `connect`. Strings are empty when it told nothing. @see Adobe RTMP 1.0 §7.2.1.1 */
export interface ConnectInfo {
  readonly tcUrl: string
  /** The app as the client named it, apart from `tcUrl`. */
  readonly app: string
  readonly pageUrl: string
  readonly swfUrl: string
  readonly flashVer: string
  /** Name and version of the client's software, as far as `flashVer` tells. */
  readonly encoder: string
  /** 0 for AMF0, 3 for AMF3. */
  readonly objectEncoding: number
  /** FourCCs of Enhanced RTMP that the client knows; `*` stands for all. Null if it is not an enhanced client. */
  readonly fourCcList: readonly string[] | null
  /** What it can do with each: 1 decode, 2 encode, 4 forward. */
  readonly videoFourCcInfoMap: Readonly<Record<string, number>> | null
  readonly audioFourCcInfoMap: Readonly<Record<string, number>> | null
  /** 1 reconnect, 2 multitrack, 4 ModEx, 8 nanosecond offsets. */
  readonly capsEx: number | null
  /** The object behind the command object, in which some clients and servers put what is their own; null without one. */
  readonly args: AmfObject | null
}

/** What a server of Enhanced RTMP says about itself. */
export interface EnhancedSupport {
  /** Default: every FourCC that Millrace carries. */
  readonly fourCcList: readonly string[]
  /** Bits as in `ConnectInfo.capsEx`, default 0. */
  readonly capsEx: number
}

const VIDEO_FOURCCS = ['avc1', 'hvc1', 'av01', 'vp09', 'vp08']
const AUDIO_FOURCCS = ['mp4a', '.mp3', 'Opus']
const CAN_FORWARD = 4

export const DEFAULT_ENHANCED: EnhancedSupport = { fourCcList: [...VIDEO_FOURCCS, ...AUDIO_FOURCCS], capsEx: 0 }

/** Reads the command object of `connect`, and the arguments behind it. What has the wrong type counts as absent. */
export function readConnect(value: AmfValue, args?: AmfValue): ConnectInfo {
  const from = isAmfObject(value) ? value : {}
  const flashVer = text(from['flashVer'])
  return {
    tcUrl: text(from['tcUrl']),
    app: text(from['app']),
    pageUrl: text(from['pageUrl']),
    swfUrl: text(from['swfUrl']),
    flashVer,
    encoder: /compatible; ?([^)]+)/.exec(flashVer)?.[1] ?? flashVer,
    objectEncoding: from['objectEncoding'] === 3 ? 3 : 0,
    fourCcList: strings(from['fourCcList']),
    videoFourCcInfoMap: numbers(from['videoFourCcInfoMap']),
    audioFourCcInfoMap: numbers(from['audioFourCcInfoMap']),
    capsEx: typeof from['capsEx'] === 'number' ? from['capsEx'] : null,
    args: isAmfObject(args) ? args : null,
  }
}

/** Whether the client speaks Enhanced RTMP. */
export function isEnhanced(info: ConnectInfo): boolean {
  return [info.fourCcList, info.videoFourCcInfoMap, info.audioFourCcInfoMap, info.capsEx].some((told) => told !== null)
}

/**
 * The values of `_result` to `connect`: properties, then information.
 *
 * @param data what the server tells of itself
 */
export function connectResult(info: ConnectInfo, support: EnhancedSupport, data?: AmfObject): AmfValue[] {
  const properties = { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 }
  const information = {
    level: 'status',
    code: 'NetConnection.Connect.Success',
    description: 'Connection succeeded',
    objectEncoding: info.objectEncoding,
    ...(data && { data }),
  }
  return [isEnhanced(info) ? { ...properties, ...enhancedProperties(support) } : properties, information]
}

function enhancedProperties({ fourCcList, capsEx }: EnhancedSupport): AmfObject {
  const known = (names: readonly string[]): AmfObject =>
    Object.fromEntries(fourCcList.filter((name) => names.includes(name)).map((name) => [name, CAN_FORWARD]))
  return {
    fourCcList,
    videoFourCcInfoMap: known(VIDEO_FOURCCS),
    audioFourCcInfoMap: known(AUDIO_FOURCCS),
    capsEx,
  }
}

function text(value: AmfValue): string {
  return typeof value === 'string' ? value : ''
}

function strings(value: AmfValue): readonly string[] | null {
  return isAmfArray(value) ? value.filter((item) => typeof item === 'string') : null
}

function numbers(value: AmfValue): Readonly<Record<string, number>> | null {
  if (!isAmfObject(value)) return null
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  )
}
