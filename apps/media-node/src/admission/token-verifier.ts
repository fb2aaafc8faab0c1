import { parsePlaybackToken, type PlaybackClaims, PlaybackTokenError, verifyPlaybackToken } from '@millrace/auth'

import type { VerifyingKey } from './signing-state.ts'

/** A token whose signature is good. Whether it is still valid is another question, at each use. */
export interface VerifiedToken {
  readonly kid: string
  readonly claims: PlaybackClaims
}

export interface TokenVerifierOptions {
  /** Undefined for a key that is unknown or was revoked. */
  key: (kid: string) => VerifyingKey | undefined
  /** Monotonic milliseconds. */
  nowMs: () => number
  /** Memory for tokens verified already, default 16 MiB: some 12,000 viewers with a token each. */
  maxBytes?: number
  /** A token that nobody has shown for this long is verified again, default ten minutes. */
  idleMs?: number
}

interface Entry {
  readonly token: VerifiedToken
  usedAtMs: number
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const DEFAULT_IDLE_MS = 600_000
/** What an entry takes beside its token's characters: claims, map, objects. */
const ENTRY_BYTES = 1000

/** Checks signatures, each token's once: players of HLS show theirs with every request. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions
  /** By token, the one used longest ago first. */
  readonly #verified = new Map<string, Entry>()
  #bytes = 0

  constructor(options: TokenVerifierOptions) {
    this.#options = options
  }

  /** Memory that the tokens verified already take, estimated. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * The token's claims. Throws PlaybackTokenError as `parsePlaybackToken` and `verifyPlaybackToken` do, and
   * `PLAYBACK_TOKEN_KEY` for a key that is unknown or was revoked.
   */
  async verify(token: string): Promise<VerifiedToken> {
    const known = this.#use(token)
    if (known) {
      this.#keyOf(known.kid)
      return known
    }
    const parsed = parsePlaybackToken(token)
    const { kid } = parsed
    const claims = await verifyPlaybackToken(parsed, this.#keyOf(kid))
    const verified = { kid, claims }
    this.#remember(token, verified)
    return verified
  }

  #keyOf(kid: string): VerifyingKey {
    const key = this.#options.key(kid)
    if (key) return key
    throw new PlaybackTokenError('PLAYBACK_TOKEN_KEY', 'the signing key of the token is unknown, or was revoked')
  }

  #use(token: string): VerifiedToken | undefined {
    const entry = this.#verified.get(token)
    if (!entry) return undefined
    entry.usedAtMs = this.#options.nowMs()
    this.#verified.delete(token)
    this.#verified.set(token, entry)
    return entry.token
  }

  #remember(token: string, verified: VerifiedToken): void {
    const { nowMs, maxBytes = DEFAULT_MAX_BYTES, idleMs = DEFAULT_IDLE_MS } = this.#options
    // two requests of one player at once both come here
    if (this.#verified.has(token)) return
    this.#verified.set(token, { token: verified, usedAtMs: nowMs() })
    this.#bytes += sizeOf(token)
    for (const [oldest, { usedAtMs }] of this.#verified) {
      if (this.#bytes <= maxBytes && nowMs() - usedAtMs < idleMs) break
      this.#verified.delete(oldest)
      this.#bytes -= sizeOf(oldest)
    }
  }
}

const sizeOf = (token: string): number => token.length + ENTRY_BYTES
