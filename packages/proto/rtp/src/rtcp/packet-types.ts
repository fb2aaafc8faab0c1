/** Packet types. @see https://www.iana.org/assignments/rtp-parameters */
export const RTCP_TYPE = { sr: 200, rr: 201, sdes: 202, bye: 203, transport: 205, payload: 206, xr: 207 } as const

/** Formats of transport-layer feedback. @see RFC 4585 §6.2 and draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1 */
export const TRANSPORT_FORMAT = { nack: 1, twcc: 15 } as const

/** Formats of payload-specific feedback. @see RFC 4585 §6.3 and RFC 5104 §4.3.1 */
export const PAYLOAD_FORMAT = { pli: 1, fir: 4, application: 15 } as const

/** Most items that the five bits of a header count. @see RFC 3550 §6.4.1 */
export const MAX_COUNT = 31
