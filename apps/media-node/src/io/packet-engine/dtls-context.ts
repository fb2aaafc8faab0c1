import { InvariantError } from '@millrace/core'
import type { SelfSigned } from '@millrace/webrtc'

import type { NativeCallback } from './native.ts'
import type { OpensslLibrary } from './openssl-library.ts'

const DTLS_1_2 = 0xfefd
const CIPHERS = 'ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES128'
const SRTP_PROFILES = 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80'
const CURVES = 'X25519:P-256:P-384'
/** Certificates of peers are single and signed by themselves. */
const MAX_CERTIFICATE_BYTES = 16_384
const FIRST_RETRANSMIT_US = 50_000
const MAX_RETRANSMIT_US = 1_000_000

const CTRL = { mode: 33, sessionCache: 44, maxCertificates: 51, groups: 92, minVersion: 123, maxVersion: 124 } as const
const OPTION = { noQueryMtu: 2 ** 12, noTicket: 2 ** 14, noRenegotiation: 2 ** 30 } as const
const MODE_RELEASE_BUFFERS = 0x10
const VERIFY_PEER_REQUIRED = 0x01 | 0x02
const KEY_TYPE_EC = 408

/** What the DTLS endpoints of an engine have in common. */
export interface DtlsContext {
  readonly library: OpensslLibrary
  /** SSL_CTX */
  readonly address: number
  /** For `DTLS_set_timer_cb`: 50 ms, then twice as long each time, up to 1 s; after 12 in a row OpenSSL gives up. */
  readonly timer: NativeCallback
  /** An endpoint begins to use all this. */
  retain(): void
  /** An endpoint is done with it. */
  release(): void
  /** Frees it, or has the last endpoint do so. */
  close(): void
}

/**
 * DTLS 1.2 of both roles with a certificate of ours. A peer must show one as well and prove to own it; whose it is, the
 * fingerprint tells.
 *
 * @throws InvariantError `PACKET_ENGINE_OPENSSL` when OpenSSL refuses a setting
 */
export function openDtlsContext(library: OpensslLibrary, identity: SelfSigned): DtlsContext {
  const { call, native, packet } = library
  const address = call.SSL_CTX_new(call.DTLS_method())
  const timer = native.callback((_ssl, previousUs = 0) => nextTimeoutUs(previousUs), 'uint', ['uintptr_t', 'uint'])
  const verify = native.callback(() => 1, 'int', ['uintptr_t', 'uintptr_t'])
  const free = (): void => {
    call.SSL_CTX_free(address)
    timer.release()
    verify.release()
  }
  const { certificate, privateKey } = identity
  const settings: [what: string, accepted: () => boolean][] = [
    ['least version', () => call.SSL_CTX_ctrl(address, CTRL.minVersion, DTLS_1_2, 0) === 1],
    ['highest version', () => call.SSL_CTX_ctrl(address, CTRL.maxVersion, DTLS_1_2, 0) === 1],
    ['ciphers', () => call.SSL_CTX_set_cipher_list(address, CIPHERS) === 1],
    ['curves', () => call.SSL_CTX_ctrl(address, CTRL.groups, 0, place(library, latin(CURVES))) === 1],
    ['SRTP profiles', () => call.SSL_CTX_set_tlsext_use_srtp(address, SRTP_PROFILES) === 0],
    [
      'certificate',
      () => call.SSL_CTX_use_certificate_ASN1(address, certificate.length, place(library, certificate)) === 1,
    ],
    [
      'key',
      () => call.SSL_CTX_use_PrivateKey_ASN1(KEY_TYPE_EC, address, place(library, privateKey), privateKey.length) === 1,
    ],
  ]
  const refused = settings.find(([, accepted]) => !accepted())
  packet.bytes.fill(0, 0, 1024)
  if (refused) {
    const reason = library.failure()
    free()
    throw new InvariantError('PACKET_ENGINE_OPENSSL', `OpenSSL refuses the ${refused[0]}: ${reason}`)
  }
  call.SSL_CTX_ctrl(address, CTRL.sessionCache, 0, 0)
  call.SSL_CTX_ctrl(address, CTRL.maxCertificates, MAX_CERTIFICATE_BYTES, 0)
  call.SSL_CTX_ctrl(address, CTRL.mode, MODE_RELEASE_BUFFERS, 0)
  call.SSL_CTX_set_options(address, OPTION.noQueryMtu + OPTION.noTicket + OPTION.noRenegotiation)
  call.SSL_CTX_set_verify(address, VERIFY_PEER_REQUIRED, 0)
  // nobody else vouches for a certificate: any chain will do
  call.SSL_CTX_set_cert_verify_callback(address, verify.address, 0)
  let users = 1
  const release = (): void => {
    if (--users === 0) free()
  }
  return { library, address, timer, retain: () => void users++, release, close: release }
}

function nextTimeoutUs(previousUs: number): number {
  return previousUs === 0 ? FIRST_RETRANSMIT_US : Math.min(2 * previousUs, MAX_RETRANSMIT_US)
}

/** Lays bytes, and a zero behind them, where OpenSSL can read them. */
function place({ packet }: OpensslLibrary, bytes: Uint8Array): number {
  packet.bytes.set(bytes)
  packet.bytes[bytes.length] = 0
  return packet.address
}

const latin = (text: string): Uint8Array => new TextEncoder().encode(text)
