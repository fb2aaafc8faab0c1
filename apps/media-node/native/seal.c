/*
 * Protects the RTP packets of a batch by SRTP: what src/io/packet-engine/{gcm,cm}-cipher.ts do, without a call from JavaScript for
 * each step. Built by `npm run build:addon` and loaded by koffi. OpenSSL is the one inside the Node executable: its functions are
 * declared here, and found when this library is loaded.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int EVP_CipherInit_ex(void *context, const void *cipher, void *engine, const uint8_t *key, const uint8_t *iv, int encrypt);
int EVP_CipherUpdate(void *context, uint8_t *out, int *out_bytes, const uint8_t *in, int bytes);
int EVP_CipherFinal_ex(void *context, uint8_t *out, int *out_bytes);
int EVP_CIPHER_CTX_ctrl(void *context, int command, int value, void *pointer);

/* SHA_CTX of openssl/sha.h */
struct sha1 {
  uint32_t state[5];
  uint32_t bits_low, bits_high;
  uint32_t data[16];
  unsigned int buffered;
};
int SHA1_Update(struct sha1 *context, const void *data, size_t bytes);
void SHA1_Transform(struct sha1 *context, const uint8_t *block);

/* Raised with each change of the rows or lanes. */
enum { VERSION = 1 };
enum { UNCHANGED = -1, GET_TAG = 0x10 };
enum { GCM_TAG_BYTES = 16, CM_TAG_BYTES = 10, BLOCK_BYTES = 64, SHA1_BYTES = 20, PADDING_BYTES = 9 };
enum { GCM_SSRC_AT = 2, CM_SSRC_AT = 4 };

/* A row as addon.ts writes it; all are whole numbers, and addresses have fewer than 53 bits. */
struct row {
  double context;       /* EVP_CIPHER_CTX with its key */
  double lane;          /* struct lane */
  double packet;        /* header, then room for the payload and what SHA-1 pads with */
  double source;        /* plain payload */
  double header_bytes;
  double payload_bytes;
  double rollover;      /* upper 32 bits of the index */
  double is_gcm;
};

/* Salt, and the states of both hashes of an HMAC behind the block of the key: LANE of srtp-methods.ts. */
struct lane {
  uint8_t salt[16];
  uint32_t inner[5];
  uint32_t outer[5];
};

static void put32(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 24);
  at[1] = (uint8_t)(value >> 16);
  at[2] = (uint8_t)(value >> 8);
  at[3] = (uint8_t)value;
}

/* RFC 3711 §4.1.1, RFC 7714 §8.1: salt ⊕ (SSRC, rollover counter, sequence number) */
static void set_counter(void *context, const struct lane *lane, const uint8_t *header, uint32_t rollover, int ssrc_at) {
  uint8_t iv[16], roll[4];
  memcpy(iv, lane->salt, sizeof iv);
  put32(roll, rollover);
  for (int i = 0; i < 4; i++) {
    iv[ssrc_at + i] ^= header[8 + i];
    iv[ssrc_at + 4 + i] ^= roll[i];
  }
  iv[ssrc_at + 8] ^= header[2];
  iv[ssrc_at + 9] ^= header[3];
  EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, UNCHANGED);
}

static int seal_gcm(void *context, uint8_t *packet, int header_bytes, const uint8_t *source, int payload_bytes) {
  uint8_t *payload = packet + header_bytes;
  int bytes;
  if (EVP_CipherUpdate(context, NULL, &bytes, packet, header_bytes) != 1) return 0;
  if (payload_bytes > 0 && EVP_CipherUpdate(context, payload, &bytes, source, payload_bytes) != 1) return 0;
  if (EVP_CipherFinal_ex(context, payload, &bytes) != 1) return 0;
  return EVP_CIPHER_CTX_ctrl(context, GET_TAG, GCM_TAG_BYTES, payload + payload_bytes);
}

/* HMAC-SHA1 of the packet and the rollover counter; the padding is written behind both, so that OpenSSL need not copy. */
static void write_cm_tag(const struct lane *lane, uint8_t *packet, int bytes, uint32_t rollover) {
  int message = bytes + 4;
  int padded = (message + PADDING_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
  put32(packet + bytes, rollover);
  memset(packet + message, 0, (size_t)(padded - message));
  packet[message] = 0x80;
  put32(packet + padded - 4, (uint32_t)(BLOCK_BYTES + message) * 8);

  struct sha1 inner = {0}, outer = {0};
  memcpy(inner.state, lane->inner, sizeof inner.state);
  memcpy(outer.state, lane->outer, sizeof outer.state);
  SHA1_Update(&inner, packet, (size_t)padded);
  uint8_t block[BLOCK_BYTES] = {0}, tag[12];
  for (int i = 0; i < 5; i++) put32(block + 4 * i, inner.state[i]);
  block[SHA1_BYTES] = 0x80;
  put32(block + BLOCK_BYTES - 4, (BLOCK_BYTES + SHA1_BYTES) * 8);
  SHA1_Transform(&outer, block);
  for (int i = 0; i < 3; i++) put32(tag + 4 * i, outer.state[i]);
  memcpy(packet + bytes, tag, CM_TAG_BYTES);
}

int millrace_seal_version(void) { return VERSION; }

/* Protects each packet in place. Returns how many were; the rest would be plain. */
int millrace_seal(const struct row *rows, int count) {
  for (int i = 0; i < count; i++) {
    const struct row *row = &rows[i];
    void *context = (void *)(uintptr_t)row->context;
    const struct lane *lane = (const struct lane *)(uintptr_t)row->lane;
    uint8_t *packet = (uint8_t *)(uintptr_t)row->packet;
    const uint8_t *source = (const uint8_t *)(uintptr_t)row->source;
    int header_bytes = (int)row->header_bytes, payload_bytes = (int)row->payload_bytes;
    uint32_t rollover = (uint32_t)row->rollover;
    if (row->is_gcm != 0) {
      set_counter(context, lane, packet, rollover, GCM_SSRC_AT);
      if (seal_gcm(context, packet, header_bytes, source, payload_bytes) != 1) return i;
    } else {
      int bytes;
      set_counter(context, lane, packet, rollover, CM_SSRC_AT);
      if (payload_bytes > 0 && EVP_CipherUpdate(context, packet + header_bytes, &bytes, source, payload_bytes) != 1) return i;
      write_cm_tag(lane, packet, header_bytes + payload_bytes, rollover);
    }
  }
  return count;
}
