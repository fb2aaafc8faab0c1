import type { CryptoEngine } from '@millrace/webrtc'

import { DgramSender } from './dgram-sender.ts'
import type { PacketEngine } from './packet-engine.ts'

/** The engine without native code but Node's: it runs everywhere, and serves fewer players. */
export function openTypescriptEngine(crypto: CryptoEngine): PacketEngine {
  return {
    name: 'typescript',
    fingerprint: crypto.fingerprint,
    openDtls: (options) => crypto.openDtls(options),
    openSrtp: (keys) => crypto.openSrtp(keys),
    openSender: (socket) => new DgramSender(socket),
    close() {},
  }
}
