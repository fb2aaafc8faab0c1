import type dgram from 'node:dgram'

import { InvariantError } from '@millrace/core'
import { deriveKeys, selfSigned, SrtpEndpoint, type SrtpKeys } from '@millrace/webrtc'

import { BatchSender, type Sealer } from './batch-sender.ts'
import { CmCipher } from './cm-cipher.ts'
import { DgramSender } from './dgram-sender.ts'
import { openDtlsContext } from './dtls-context.ts'
import { OpensslDtls } from './dtls-endpoint.ts'
import { GcmCipher } from './gcm-cipher.ts'
import { loadNative, type Native, type NativeMemory } from './native.ts'
import { openOpensslLibrary } from './openssl-library.ts'
import type { PacketEngine, PacketSender } from './packet-engine.ts'
import { descriptorOf, openSocketCalls } from './socket-calls.ts'
import { openSrtpMethods, type NativeCipher, type SrtpMethods } from './srtp-methods.ts'

/** What an engine over OpenSSL may do in another way. */
export interface OpensslEngineOptions {
  readonly name: 'addon' | 'openssl'
  readonly openSealer: (native: Native) => (memory: NativeMemory) => Sealer
}

/**
 * The engine over the OpenSSL inside Node, called by `koffi`: nothing has to be compiled. Where `sendmmsg` can't be called it sends
 * by Node.
 *
 * @throws CodedError `PACKET_ENGINE_NO_KOFFI`, `PACKET_ENGINE_NO_SYMBOLS`, `PACKET_ENGINE_OPENSSL_OLD`
 */
export async function openOpensslEngine(options: Partial<OpensslEngineOptions> = {}): Promise<PacketEngine> {
  const native = await loadNative()
  const openSealer = options.openSealer?.(native) ?? sealAtOnce
  const library = openOpensslLibrary(native)
  const calls = openSocketCalls(native)
  const identity = selfSigned()
  const methods = openSrtpMethods(library)
  const context = openDtlsContext(library, identity)
  let closed = false
  const checkOpen = (): void => {
    if (closed) throw new InvariantError('PACKET_ENGINE_CLOSED', 'the engine is closed')
  }
  return {
    name: options.name ?? 'openssl',
    fingerprint: identity.fingerprint,
    openDtls(dtls) {
      checkOpen()
      return new OpensslDtls(context, dtls)
    },
    openSrtp(keys) {
      checkOpen()
      return new SrtpEndpoint(keys.profile, openCipher(methods, keys))
    },
    openSender(socket: dgram.Socket): PacketSender {
      const descriptor = calls && descriptorOf(socket)
      return descriptor ? new BatchSender(socket, { native, calls, descriptor, openSealer }) : new DgramSender(socket)
    },
    close() {
      if (closed) return
      closed = true
      context.close()
      methods.close()
    },
  }
}

function openCipher(methods: SrtpMethods, keys: SrtpKeys): NativeCipher {
  const local = deriveKeys(keys.localKey, keys.localSalt)
  const remote = deriveKeys(keys.remoteKey, keys.remoteSalt)
  return keys.profile === 'SRTP_AEAD_AES_128_GCM'
    ? new GcmCipher(methods, local, remote)
    : new CmCipher(methods, local, remote)
}

function sealAtOnce(memory: NativeMemory): Sealer {
  return {
    add: (cipher, offset, headerBytes, source, payloadBytes, index) =>
      cipher.seal(memory, offset, headerBytes, source, payloadBytes, index),
    finish() {},
  }
}
