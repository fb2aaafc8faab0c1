import type { KeyObject } from 'node:crypto'

import { type PlaybackClaims, verifyingKey } from '@millrace/auth'
import { type DesiredState, type PlaybackPolicy, type SigningAlgorithm } from '@millrace/contracts'

/** A key that playback tokens are signed with, ready for use. */
export interface VerifyingKey {
  readonly kid: string
  readonly key: KeyObject
  readonly algorithm: SigningAlgorithm
  /** Whose streams its tokens may open. */
  readonly projectId: string
}

/** What the desired state says about playback, ready for quick answers. */
export class SigningState {
  readonly #keys = new Map<string, VerifyingKey>()
  /** By project, playback id and viewer: tokens issued before this time, ms since the epoch, are refused. */
  readonly #revokedBeforeMs = new Map<string, number>()
  readonly #policies = new Map<string, PlaybackPolicy>()

  /** Throws ServiceError `AUTH_KEY_INVALID`. */
  constructor({ signing_keys: keys, revocations, vhosts }: DesiredState) {
    for (const { kid, algorithm, project_id: projectId, public_jwk: jwk } of keys) {
      this.#keys.set(kid, { kid, algorithm, projectId, key: verifyingKey(jwk) })
    }
    for (const { project_id: projectId, playback_id: playbackId, vid, not_before: notBefore } of revocations) {
      const id = revocationId(projectId, playbackId, vid)
      const beforeMs = notBefore === null ? Number.POSITIVE_INFINITY : Date.parse(notBefore)
      this.#revokedBeforeMs.set(id, Math.max(beforeMs, this.#revokedBeforeMs.get(id) ?? 0))
    }
    for (const { name, playback_policy: policy } of vhosts) this.#policies.set(name, policy)
  }

  /** Undefined for a key that is unknown or was revoked. */
  key(kid: string): VerifyingKey | undefined {
    return this.#keys.get(kid)
  }

  /** What a vhost asks of all viewers. */
  policyOf(vhost: string): PlaybackPolicy {
    return this.#policies.get(vhost) ?? 'public'
  }

  /** Whether a token of this project was revoked. */
  isRevoked(projectId: string, { sub, vid, iat }: PlaybackClaims): boolean {
    const hits = (playbackId: string | null, viewer: string | null): boolean =>
      iat * 1000 < (this.#revokedBeforeMs.get(revocationId(projectId, playbackId, viewer)) ?? 0)
    return hits(sub, null) || (vid !== undefined && (hits(null, vid) || hits(sub, vid)))
  }
}

/** The viewer's name comes last: it may have any characters. */
function revocationId(projectId: string, playbackId: string | null, vid: string | null): string {
  return `${projectId} ${playbackId ?? '*'} ${vid === null ? '*' : `=${vid}`}`
}
