import { ProtocolError, type CodedError, type Output } from '@millrace/core'
import {
  type DtlsConnected,
  type DtlsEndpoint,
  type DtlsOptions,
  hasFingerprint,
  type SrtpKeys,
  type SrtpProfile,
} from '@millrace/webrtc'

import type { DtlsContext } from './dtls-context.ts'

/** Of a datagram's payload, ours. */
const MTU_BYTES = 1200
/** A record, and its header. @see RFC 6347 §4.3.1 */
const MAX_DATAGRAM_BYTES = 16_384 + 2048 + 13
const CTRL = { mtu: 17, getTimeout: 73, handleTimeout: 74 } as const
const ERROR = { wantRead: 2, wantWrite: 3, zeroReturn: 6 } as const
/** Bytes of the fields of a `struct timeval`. */
const TIMEVAL_FIELD_BYTES = 8
/** Where the number is in an SRTP_PROTECTION_PROFILE: behind a pointer. */
const PROFILE_ID_OFFSET = 8
const EXPORTER_LABEL = 'EXTRACTOR-dtls_srtp'
const KEY_BYTES = 16
const PROFILES = new Map<number, { profile: SrtpProfile; saltBytes: number }>([
  [0x0001, { profile: 'SRTP_AES128_CM_SHA1_80', saltBytes: 14 }],
  [0x0007, { profile: 'SRTP_AEAD_AES_128_GCM', saltBytes: 12 }],
])

/**
 * DTLS by OpenSSL, which is asked to verify what a peer signs; the fingerprint of its certificate is compared here. Timers of the
 * handshake run by OpenSSL's clock, whatever the argument says. Errors: `DTLS_HANDSHAKE` with OpenSSL's reason, `DTLS_TIMEOUT`,
 * `DTLS_FINGERPRINT`, `DTLS_NO_SRTP`.
 *
 * @see RFC 6347, RFC 5764
 */
export class OpensslDtls implements DtlsEndpoint {
  readonly #context: DtlsContext
  readonly #options: DtlsOptions
  /** SSL; 0 once freed. */
  #ssl: number
  readonly #input: number
  readonly #output: number
  readonly #outputs: Output<DtlsConnected>[] = []
  #state: 'waiting' | 'handshake' | 'connected' | 'over' = 'waiting'
  #deadlineMs: number | undefined

  constructor(context: DtlsContext, options: DtlsOptions) {
    const { call } = context.library
    context.retain()
    this.#context = context
    this.#options = options
    this.#ssl = call.SSL_new(context.address)
    this.#input = call.BIO_new(call.BIO_s_dgram_mem())
    this.#output = call.BIO_new(call.BIO_s_dgram_mem())
    call.SSL_set_bio(this.#ssl, this.#input, this.#output)
    call.SSL_ctrl(this.#ssl, CTRL.mtu, MTU_BYTES, 0)
    call.DTLS_set_timer_cb(this.#ssl, context.timer.address)
    if (options.role === 'client') call.SSL_set_connect_state(this.#ssl)
    else {
      call.SSL_set_accept_state(this.#ssl)
      this.#state = 'handshake'
    }
  }

  get deadlineMs(): number | undefined {
    return this.#deadlineMs
  }

  receive(data: Uint8Array, nowMs: number): void {
    if ((this.#state !== 'handshake' && this.#state !== 'connected') || data.length > MAX_DATAGRAM_BYTES) return
    const { call, packet } = this.#context.library
    packet.bytes.set(data)
    call.BIO_write(this.#input, packet.address, data.length)
    if (this.#state === 'handshake') this.#shake(nowMs)
    if (this.#state === 'connected') this.#read()
  }

  poll(): Output<DtlsConnected> | undefined {
    return this.#outputs.shift()
  }

  tick(nowMs: number): void {
    if (this.#state === 'waiting') {
      this.#state = 'handshake'
      this.#shake(nowMs)
    } else if (this.#state === 'handshake' && nowMs >= (this.#deadlineMs ?? Infinity)) {
      const { call } = this.#context.library
      call.ERR_clear_error()
      const result = call.SSL_ctrl(this.#ssl, CTRL.handleTimeout, 0, 0)
      this.#drain()
      if (result < 0) throw this.#failed('DTLS_TIMEOUT', 'the peer does not answer')
      this.#arm(nowMs)
    }
  }

  close(reason: CodedError | null): void {
    if (this.#ssl === 0) return
    const { call } = this.#context.library
    if (this.#state === 'connected') this.#sayGoodbye()
    // with its BIOs
    call.SSL_free(this.#ssl)
    call.ERR_clear_error()
    this.#ssl = 0
    this.#context.release()
    this.#over()
    this.#outputs.push({ type: 'closed', reason })
  }

  #shake(nowMs: number): void {
    const { library } = this.#context
    library.call.ERR_clear_error()
    const result = library.call.SSL_do_handshake(this.#ssl)
    this.#drain()
    if (result === 1) this.#connected()
    else {
      const error = library.call.SSL_get_error(this.#ssl, result)
      if (error !== ERROR.wantRead && error !== ERROR.wantWrite) {
        throw this.#failed('DTLS_HANDSHAKE', `the handshake fails: ${library.failure()}`)
      }
      this.#arm(nowMs)
    }
  }

  /** Takes what comes behind the handshake: repetitions of its end, which OpenSSL answers, and the end. */
  #read(): void {
    const { library } = this.#context
    const { call, packet } = library
    call.ERR_clear_error()
    let result: number
    do {
      result = call.SSL_read(this.#ssl, packet.address, MAX_DATAGRAM_BYTES)
    } while (result > 0)
    const error = call.SSL_get_error(this.#ssl, result)
    if (error === ERROR.wantRead) return this.#drain()
    if (error === ERROR.zeroReturn) {
      this.#drain()
      return this.close(null)
    }
    const failure = library.failure()
    if (/\balert\b/.test(failure)) throw this.#failed('DTLS_ALERT', `the peer breaks off: ${failure}`)
    // a record too short to be protected, which anybody can send, has OpenSSL give up: the keys are good all the same
    this.#over()
  }

  #connected(): void {
    if (!hasFingerprint(this.#peerCertificate(), this.#options.remoteFingerprints)) {
      this.#sayGoodbye()
      throw this.#failed('DTLS_FINGERPRINT', 'the certificate is not the one that was announced')
    }
    const keys = this.#exportKeys()
    this.#state = 'connected'
    this.#deadlineMs = undefined
    this.#outputs.push({ type: 'event', event: { type: 'connected', keys } })
  }

  #peerCertificate(): Uint8Array {
    const { call, packet } = this.#context.library
    const certificate = call.SSL_get1_peer_certificate(this.#ssl)
    if (certificate === 0) return new Uint8Array()
    // OpenSSL moves a pointer that lies in memory
    packet.view.setBigUint64(0, BigInt(packet.address + 8), true)
    const bytes = call.i2d_X509(certificate, packet.address)
    call.X509_free(certificate)
    return packet.bytes.slice(8, 8 + Math.max(0, bytes))
  }

  #exportKeys(): SrtpKeys {
    const { call, native, packet } = this.#context.library
    const selected = call.SSL_get_selected_srtp_profile(this.#ssl)
    const known = selected === 0 ? undefined : PROFILES.get(native.long(selected + PROFILE_ID_OFFSET))
    if (!known) throw this.#failed('DTLS_NO_SRTP', 'no SRTP profile in common')
    const { profile, saltBytes } = known
    const bytes = 2 * (KEY_BYTES + saltBytes)
    const { length } = EXPORTER_LABEL
    call.SSL_export_keying_material(this.#ssl, packet.address, bytes, EXPORTER_LABEL, length, 0, 0, 0)
    const material = packet.bytes.slice(0, bytes)
    packet.bytes.fill(0, 0, bytes)
    const saltsAt = 2 * KEY_BYTES
    const client = {
      key: material.subarray(0, KEY_BYTES),
      salt: material.subarray(saltsAt, saltsAt + saltBytes),
    }
    const server = {
      key: material.subarray(KEY_BYTES, saltsAt),
      salt: material.subarray(saltsAt + saltBytes),
    }
    const [local, remote] = this.#options.role === 'client' ? [client, server] : [server, client]
    return {
      profile,
      localKey: local.key,
      localSalt: local.salt,
      remoteKey: remote.key,
      remoteSalt: remote.salt,
    }
  }

  /** Asks OpenSSL when it wants to retransmit. */
  #arm(nowMs: number): void {
    const { call, packet } = this.#context.library
    const armed = call.SSL_ctrl(this.#ssl, CTRL.getTimeout, 0, packet.address) === 1
    const seconds = Number(packet.view.getBigInt64(0, true))
    const microseconds = Number(packet.view.getBigInt64(TIMEVAL_FIELD_BYTES, true))
    this.#deadlineMs = armed ? nowMs + seconds * 1000 + microseconds / 1000 : undefined
  }

  /** OpenSSL repeats a flight record by record: together they are lost less often than each by itself. */
  #drain(): void {
    const { call, packet } = this.#context.library
    let waiting = 0
    for (;;) {
      const bytes = Math.max(0, call.BIO_read(this.#output, packet.address + waiting, MAX_DATAGRAM_BYTES))
      if (waiting > 0 && (bytes === 0 || waiting + bytes > MTU_BYTES)) {
        this.#outputs.push({ type: 'send', data: packet.bytes.slice(0, waiting) })
        packet.bytes.copyWithin(0, waiting, waiting + bytes)
        waiting = 0
      }
      if (bytes === 0) return
      waiting += bytes
    }
  }

  #sayGoodbye(): void {
    this.#context.library.call.SSL_shutdown(this.#ssl)
    this.#drain()
  }

  /** What is left to do is to close. */
  #failed(code: string, message: string): ProtocolError {
    this.#over()
    return new ProtocolError(code, message)
  }

  #over(): void {
    this.#state = 'over'
    this.#deadlineMs = undefined
  }
}
