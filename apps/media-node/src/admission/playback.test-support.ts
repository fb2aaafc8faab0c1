import { newSigningKeyPair, type PlaybackClaims, signerKey, signPlaybackToken } from '@millrace/auth'
import type { DesiredState, PlaybackTerms, SigningAlgorithm } from '@millrace/contracts'
import { sortableId } from '@millrace/core'

let made = 0
const newId = (prefix: string): string => sortableId(prefix, ++made, new Uint8Array(10))

/** The wall clock that tokens are made by, ms since the epoch. */
export const WALL_MS = 1_800_000_000_000

/** A project with a stream that has one signed playback id, and a key to sign tokens with. */
export class SignedStream {
  readonly projectId = newId('prj')
  readonly playbackId = newId('pb')
  readonly kid = newId('sgk')
  readonly #algorithm: SigningAlgorithm
  readonly #pair

  constructor(algorithm: SigningAlgorithm = 'EdDSA') {
    this.#algorithm = algorithm
    this.#pair = newSigningKeyPair(algorithm)
  }

  /** How its viewers may come in. */
  terms(change: Partial<PlaybackTerms> = {}): PlaybackTerms {
    return {
      project_id: this.projectId,
      policy: 'signed',
      hook_allowed: false,
      ids: [{ id: this.playbackId, policy: 'signed', allowed_origins: [] }],
      ...change,
    }
  }

  token(change: Partial<PlaybackClaims> = {}, kid = this.kid): string {
    const iat = WALL_MS / 1000
    const claims = { sub: this.playbackId, aud: 'live', iat, exp: iat + 60, ...change }
    return signPlaybackToken({ key: signerKey(this.#pair.privateJwk), kid, algorithm: this.#algorithm }, claims)
  }

  state(change: Partial<DesiredState> = {}): DesiredState {
    return {
      node: { state: 'ready' },
      vhosts: [{ name: '__defaultVhost__', enabled: true, playback_policy: 'public' }],
      signing_keys: [
        { kid: this.kid, project_id: this.projectId, algorithm: this.#algorithm, public_jwk: this.#pair.publicJwk },
      ],
      revocations: [],
      ...change,
    }
  }

  revocation(change: Partial<DesiredState['revocations'][number]>): DesiredState['revocations'][number] {
    return {
      project_id: this.projectId,
      playback_id: null,
      vid: null,
      not_before: null,
      expires_at: new Date(WALL_MS + 86_400_000).toISOString(),
      ...change,
    }
  }
}
