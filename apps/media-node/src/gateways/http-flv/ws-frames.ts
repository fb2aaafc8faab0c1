import type { Packager } from '@millrace/media'

/** Opcode 2 with FIN: one binary message in one frame. @see RFC 6455 §5.2 */
const BINARY_FINAL = 0x82

/** A packager whose every piece of bytes is a WebSocket message, so that framing too is done once for all players. */
export function webSocketFrames(packager: Packager): Packager {
  return {
    init: (info, dtsMs) => packager.init(info, dtsMs).map(binaryFrame),
    update: (info, dtsMs) => packager.update(info, dtsMs).map(binaryFrame),
    encode: (frame) => packager.encode(frame).map(binaryFrame),
  }
}

/** `payload` as an unmasked server frame. */
export function binaryFrame(payload: Uint8Array): Uint8Array {
  const { length } = payload
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = new Uint8Array(headerBytes + length)
  frame[0] = BINARY_FINAL
  if (headerBytes === 2) frame[1] = length
  else {
    frame[1] = headerBytes === 4 ? 126 : 127
    for (let at = headerBytes - 1, left = length; at >= 2; at--, left = Math.floor(left / 256)) frame[at] = left & 0xff
  }
  frame.set(payload, headerBytes)
  return frame
}
