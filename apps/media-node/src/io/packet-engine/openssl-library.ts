import { CodedError } from '@millrace/core'

import type { Native, NativeFunction, NativeMemory } from './native.ts'

const PROTOTYPES = {
  OpenSSL_version_num: 'ulong OpenSSL_version_num()',
  OpenSSL_version: 'uintptr_t OpenSSL_version(int what)',
  ERR_clear_error: 'void ERR_clear_error()',
  ERR_get_error: 'ulong ERR_get_error()',
  ERR_reason_error_string: 'uintptr_t ERR_reason_error_string(ulong code)',

  DTLS_method: 'uintptr_t DTLS_method()',
  SSL_CTX_new: 'uintptr_t SSL_CTX_new(uintptr_t method)',
  SSL_CTX_free: 'void SSL_CTX_free(uintptr_t context)',
  SSL_CTX_ctrl: 'long SSL_CTX_ctrl(uintptr_t context, int command, long value, uintptr_t pointer)',
  SSL_CTX_set_options: 'uint64_t SSL_CTX_set_options(uintptr_t context, uint64_t options)',
  SSL_CTX_set_cipher_list: 'int SSL_CTX_set_cipher_list(uintptr_t context, str list)',
  SSL_CTX_set_verify: 'void SSL_CTX_set_verify(uintptr_t context, int mode, uintptr_t callback)',
  SSL_CTX_set_cert_verify_callback:
    'void SSL_CTX_set_cert_verify_callback(uintptr_t context, uintptr_t callback, uintptr_t argument)',
  SSL_CTX_set_tlsext_use_srtp: 'int SSL_CTX_set_tlsext_use_srtp(uintptr_t context, str profiles)',
  SSL_CTX_use_certificate_ASN1: 'int SSL_CTX_use_certificate_ASN1(uintptr_t context, int bytes, uintptr_t certificate)',
  SSL_CTX_use_PrivateKey_ASN1:
    'int SSL_CTX_use_PrivateKey_ASN1(int type, uintptr_t context, uintptr_t key, long bytes)',

  SSL_new: 'uintptr_t SSL_new(uintptr_t context)',
  SSL_free: 'void SSL_free(uintptr_t ssl)',
  SSL_ctrl: 'long SSL_ctrl(uintptr_t ssl, int command, long value, uintptr_t pointer)',
  SSL_set_bio: 'void SSL_set_bio(uintptr_t ssl, uintptr_t input, uintptr_t output)',
  SSL_set_connect_state: 'void SSL_set_connect_state(uintptr_t ssl)',
  SSL_set_accept_state: 'void SSL_set_accept_state(uintptr_t ssl)',
  SSL_do_handshake: 'int SSL_do_handshake(uintptr_t ssl)',
  SSL_read: 'int SSL_read(uintptr_t ssl, uintptr_t buffer, int bytes)',
  SSL_shutdown: 'int SSL_shutdown(uintptr_t ssl)',
  SSL_get_error: 'int SSL_get_error(uintptr_t ssl, int result)',
  SSL_get1_peer_certificate: 'uintptr_t SSL_get1_peer_certificate(uintptr_t ssl)',
  SSL_get_selected_srtp_profile: 'uintptr_t SSL_get_selected_srtp_profile(uintptr_t ssl)',
  SSL_export_keying_material:
    'int SSL_export_keying_material(uintptr_t ssl, uintptr_t out, size_t bytes, str label, size_t labelBytes, uintptr_t context, size_t contextBytes, int useContext)',
  DTLS_set_timer_cb: 'void DTLS_set_timer_cb(uintptr_t ssl, uintptr_t callback)',
  BIO_new: 'uintptr_t BIO_new(uintptr_t method)',
  BIO_s_dgram_mem: 'uintptr_t BIO_s_dgram_mem()',
  BIO_read: 'int BIO_read(uintptr_t bio, uintptr_t buffer, int bytes)',
  BIO_write: 'int BIO_write(uintptr_t bio, uintptr_t buffer, int bytes)',
  X509_free: 'void X509_free(uintptr_t certificate)',
  i2d_X509: 'int i2d_X509(uintptr_t certificate, uintptr_t out)',

  EVP_CIPHER_fetch: 'uintptr_t EVP_CIPHER_fetch(uintptr_t library, str name, uintptr_t properties)',
  EVP_CIPHER_free: 'void EVP_CIPHER_free(uintptr_t cipher)',
  EVP_CIPHER_CTX_new: 'uintptr_t EVP_CIPHER_CTX_new()',
  EVP_CIPHER_CTX_free: 'void EVP_CIPHER_CTX_free(uintptr_t context)',
  EVP_CIPHER_CTX_ctrl: 'int EVP_CIPHER_CTX_ctrl(uintptr_t context, int command, int value, uintptr_t pointer)',
  EVP_CipherInit_ex:
    'int EVP_CipherInit_ex(uintptr_t context, uintptr_t cipher, uintptr_t engine, uintptr_t key, uintptr_t iv, int encrypt)',
  EVP_CipherUpdate:
    'int EVP_CipherUpdate(uintptr_t context, uintptr_t out, uintptr_t outBytes, uintptr_t in, int bytes)',
  EVP_CipherFinal_ex: 'int EVP_CipherFinal_ex(uintptr_t context, uintptr_t out, uintptr_t outBytes)',
  SHA1_Init: 'int SHA1_Init(uintptr_t context)',
  SHA1_Update: 'int SHA1_Update(uintptr_t context, uintptr_t data, size_t bytes)',
  SHA1_Transform: 'void SHA1_Transform(uintptr_t context, uintptr_t block)',
} as const

/** The first version with `BIO_s_dgram_mem`. */
const OLDEST_VERSION = 0x3_02_00_00_0
const VERSION_TEXT = 0
/** Of the longest datagram, what comes behind it, and padding for its hash. */
const PACKET_BYTES = 65_536 + 256

/** The OpenSSL inside the Node executable. */
export interface OpensslLibrary {
  readonly call: { readonly [K in keyof typeof PROTOTYPES]: NativeFunction }
  readonly native: Native
  /** `OpenSSL 3.5.8 …` */
  readonly version: string
  /** For a packet on its way in or out of a call. */
  readonly packet: NativeMemory
  /** Why the last call failed, as OpenSSL says it; empties its queue of errors. */
  failure(): string
}

/** @throws CodedError `PACKET_ENGINE_NO_SYMBOLS`, `PACKET_ENGINE_OPENSSL_OLD` */
export function openOpensslLibrary(native: Native): OpensslLibrary {
  const call = native.bind(PROTOTYPES)
  const version = native.text(call.OpenSSL_version(VERSION_TEXT))
  if (call.OpenSSL_version_num() < OLDEST_VERSION) {
    throw new CodedError('PACKET_ENGINE_OPENSSL_OLD', `${version} has no datagram BIO in memory`)
  }
  return {
    call,
    native,
    version,
    packet: native.memory(PACKET_BYTES),
    failure() {
      const code = call.ERR_get_error()
      call.ERR_clear_error()
      return native.text(call.ERR_reason_error_string(code)) || 'unknown'
    },
  }
}
