/** G.711 has one sampling rate, in Hz. @see ITU-T G.711 */
export const G711_SAMPLE_RATE = 8000

/** Codec strings of G.711, the names of its QuickTime sample entries; RFC 6381 knows none. */
export const G711_CODEC_STRINGS = { pcma: 'alaw', pcmu: 'ulaw' } as const
