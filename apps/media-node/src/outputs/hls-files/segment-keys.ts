import { createCipheriv, randomBytes } from 'node:crypto'

import type { SegmentKey } from '@millrace/hls'

import type { HlsNames, NamedFile } from './hls-names.ts'
import type { HlsKeyOptions } from './options.ts'

/** A segment as it is handed out. */
export interface SealedSegment {
  readonly bytes: Uint8Array
  readonly key: SegmentKey
  /** The file of a key that is new, with its 16 bytes. */
  readonly keyFile: { readonly file: string; readonly bytes: Uint8Array } | undefined
}

/** The keys of one stream: a new one for every so many segments. */
export class SegmentKeys {
  readonly #options: HlsKeyOptions
  readonly #names: HlsNames
  #current: { readonly bytes: Uint8Array; readonly named: NamedFile } | undefined

  constructor(options: HlsKeyOptions, names: HlsNames) {
    this.#options = options
    this.#names = names
  }

  /**
   * Encrypts a whole segment: AES-128 in CBC mode.
   *
   * SRS: each segment has PKCS7 padding, also one of a multiple of 752 bytes, and an initialisation vector of its own; and the key
   * is listed for all segments that need it, not only until the first of them has slid out of the window.
   *
   * @see RFC 8216 §4.3.2.4, §5.2
   */
  seal(seq: number, bytes: Uint8Array): SealedSegment {
    const { segmentsPerKey } = this.#options
    const isDue = segmentsPerKey > 0 && seq % segmentsPerKey === 0
    let keyFile: SealedSegment['keyFile']
    if (!this.#current || isDue) {
      const named = this.#names.key(seq, this.#options)
      this.#current = { bytes: randomBytes(16), named }
      keyFile = { file: named.file, bytes: this.#current.bytes }
    }
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-128-cbc', this.#current.bytes, iv)
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()])
    return { bytes: sealed, key: { uri: this.#current.named.uri, iv }, keyFile }
  }
}
