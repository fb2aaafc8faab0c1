const MPEG_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc
})

/**
 * CRC-32/MPEG-2, as PSI sections carry it; with `initial` 0 the checksum of Ogg pages.
 * @see ISO/IEC 13818-1 Annex A, RFC 3533 §6
 */
export function crc32Mpeg(bytes: Uint8Array, initial = 0xffffffff): number {
  let crc = initial
  for (const byte of bytes) crc = (crc << 8) ^ (MPEG_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)
  return crc >>> 0
}
