import { InvariantError } from '@millrace/core'
import { createTypescriptCrypto } from '@millrace/webrtc'

import { DgramSender } from './dgram-sender.ts'
import type { PacketEngine } from './packet-engine.ts'

/** The engine without native code but Node's: it runs everywhere, and serves fewer players. */
export function openTypescriptEngine(): PacketEngine {
  const crypto = createTypescriptCrypto()
  let closed = false
  const whileOpen = <T>(open: () => T): T => {
    if (closed) throw new InvariantError('PACKET_ENGINE_CLOSED', 'the packet engine is closed')
    return open()
  }
  return {
    name: 'typescript',
    fingerprint: crypto.fingerprint,
    openDtls: (options) => whileOpen(() => crypto.openDtls(options)),
    openSrtp: (keys) => whileOpen(() => crypto.openSrtp(keys)),
    openSender: (socket) => new DgramSender(socket),
    close() {
      closed = true
    },
  }
}
