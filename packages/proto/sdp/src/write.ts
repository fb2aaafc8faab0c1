import type {
  MediaDescription,
  SdpAttribute,
  SdpCodec,
  SdpRid,
  SessionDescription,
  SimulcastStream,
} from './description.ts'

/**
 * Writes a session description, lines ending in CR LF. What would end a line inside a value is a space then. @see RFC 8866 §5
 */
export function writeSdp(description: SessionDescription): string {
  const { origin, name, groups, iceLite, attributes, media } = description
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${addressType(origin.address)}`,
    `s=${name === '' ? '-' : name}`,
    't=0 0',
    ...flag(iceLite, 'ice-lite'),
    ...groups.map(({ semantics, mids }) => `a=group:${[semantics, ...mids].join(' ')}`),
    ...attributes.map(attributeLine),
    ...media.flatMap(mediaLines),
  ]
  return joinLines(lines)
}

/** CR LF after each, and none inside of one. */
export function joinLines(lines: readonly string[]): string {
  // oxlint-disable-next-line no-control-regex -- these are what must not get into a line
  return lines.map((line) => `${line.replace(/[\0-\x1f\x7f]/g, ' ')}\r\n`).join('')
}

function mediaLines(media: MediaDescription): string[] {
  return [
    `m=${[media.kind, media.port, media.protocol, ...media.formats].join(' ')}`,
    ...(media.address === null ? [] : [`c=IN ${addressType(media.address)}`]),
    ...transportLines(media),
    ...media.extensions.map(({ id, uri, direction }) =>
      direction === 'sendrecv' ? `a=extmap:${id} ${uri}` : `a=extmap:${id}/${direction} ${uri}`,
    ),
    `a=${media.direction}`,
    ...media.msids.map(({ stream, track }) => `a=msid:${track === '' ? stream : `${stream} ${track}`}`),
    ...flag(media.rtcpMux, 'rtcp-mux'),
    ...flag(media.rtcpRsize, 'rtcp-rsize'),
    ...flag(media.bundleOnly, 'bundle-only'),
    ...media.attributes.map(attributeLine),
    ...media.codecs.flatMap(codecLines),
    ...sourceLines(media),
    ...media.candidates.map((candidate) => `a=candidate:${candidate}`),
    ...flag(media.endOfCandidates, 'end-of-candidates'),
  ]
}

function transportLines({ ice, iceOptions, fingerprints, setup, mid }: MediaDescription): string[] {
  return [
    ...(ice ? [`a=ice-ufrag:${ice.ufrag}`, `a=ice-pwd:${ice.pwd}`] : []),
    ...(iceOptions.length > 0 ? [`a=ice-options:${iceOptions.join(' ')}`] : []),
    ...fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    ...(setup === null ? [] : [`a=setup:${setup}`]),
    ...(mid === null ? [] : [`a=mid:${mid}`]),
  ]
}

function codecLines({ payloadType, name, clockRate, channels, fmtp, feedback }: SdpCodec): string[] {
  const encoding = channels === 1 ? `${name}/${clockRate}` : `${name}/${clockRate}/${channels}`
  return [
    `a=rtpmap:${payloadType} ${encoding}`,
    ...feedback.map((value) => `a=rtcp-fb:${payloadType} ${value}`),
    ...(fmtp === '' ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
  ]
}

function sourceLines({ rids, simulcast, sourceGroups, sources }: MediaDescription): string[] {
  const streams = (['send', 'recv'] as const).flatMap((direction) => {
    const list = simulcast?.[direction] ?? []
    return list.length === 0 ? [] : [`${direction} ${list.map(streamText).join(';')}`]
  })
  return [
    ...rids.map(ridLine),
    ...(streams.length > 0 ? [`a=simulcast:${streams.join(' ')}`] : []),
    ...sourceGroups.map(({ semantics, ssrcs }) => `a=ssrc-group:${[semantics, ...ssrcs].join(' ')}`),
    ...sources.flatMap(({ ssrc, attributes }) =>
      attributes.length === 0
        ? [`a=ssrc:${ssrc}`]
        : attributes.map((attribute) => `a=ssrc:${ssrc} ${attributeText(attribute)}`),
    ),
  ]
}

function ridLine({ id, direction, payloadTypes, restrictions }: SdpRid): string {
  const types = payloadTypes.length > 0 ? `pt=${payloadTypes.join(',')}` : ''
  const parameters = [types, restrictions].filter((part) => part !== '').join(';')
  return parameters === '' ? `a=rid:${id} ${direction}` : `a=rid:${id} ${direction} ${parameters}`
}

const streamText = ({ rids, paused }: SimulcastStream): string =>
  rids.map((rid) => (paused ? `~${rid}` : rid)).join(',')

const attributeText = ({ name, value }: SdpAttribute): string => (value === '' ? name : `${name}:${value}`)

const attributeLine = (attribute: SdpAttribute): string => `a=${attributeText(attribute)}`

const flag = (set: boolean, name: string): string[] => (set ? [`a=${name}`] : [])

const addressType = (address: string): string => `${address.includes(':') ? 'IP6' : 'IP4'} ${address}`
