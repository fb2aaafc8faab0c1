import {
  checkClaims,
  isAllowedOrigin,
  isExpired,
  originOf,
  type PlaybackClaims,
  PlaybackTokenError,
} from '@millrace/auth'
import {
  type DesiredState,
  type PlaybackAudience,
  type PlaybackPolicy,
  type PlaybackTerms,
  strictestPolicy,
} from '@millrace/contracts'
import { errorCode } from '@millrace/core'

import { AdmissionError, type AdmissionRequest, type PlaybackPass } from './admission.ts'
import { SigningState } from './signing-state.ts'
import { TokenVerifier, type VerifiedToken } from './token-verifier.ts'

export interface PlaybackGuardOptions {
  /** What was known before; undefined if nothing was. */
  state: DesiredState | undefined
  /** Asks for a newer state: a key that is unknown may be one made a moment ago. */
  refresh: () => Promise<void>
  nowMs: () => number
  /** Milliseconds since the epoch. */
  wallMs: () => number
}

/** A token, for what and by whom. */
interface ShownToken {
  readonly token: string
  readonly audience: PlaybackAudience
  readonly ip: string
}

type Door = PlaybackTerms['ids'][number]

/**
 * Decides who may watch a stream, without asking anybody: a viewer comes in by any of the stream's playback ids whose policy
 * and origins it meets. A token's `sub` is the playback id it is for.
 */
export class PlaybackGuard {
  readonly #options: PlaybackGuardOptions
  readonly #verifier: TokenVerifier
  #state: SigningState | undefined

  constructor(options: PlaybackGuardOptions) {
    this.#options = options
    this.#verifier = new TokenVerifier({ key: (kid) => this.#state?.key(kid), nowMs: options.nowMs })
    if (options.state) this.update(options.state)
  }

  /** Takes a new desired state; passes given before are judged by it, too. */
  update(state: DesiredState): void {
    this.#state = new SigningState(state)
  }

  /**
   * Lets a viewer in; undefined for one who needs nothing that could be lost.
   *
   * @param vhost of the grant, not as the client named it
   * @param known false for a stream that nobody has made yet
   * @throws AdmissionError `PLAYBACK_…`; `ADMISSION_UNAVAILABLE` while signing keys are unknown
   */
  async admit(
    { params, client, protocol }: AdmissionRequest,
    terms: PlaybackTerms,
    { vhost, known }: { vhost: string; known: boolean },
  ): Promise<PlaybackPass | undefined> {
    const floor = strictestPolicy([terms.policy, this.#state?.policyOf(vhost) ?? 'public'])
    if (!known && floor === 'public') return undefined
    const origin = originOf(client)
    const ids = terms.ids.map((id) => ({ ...id, policy: strictestPolicy([id.policy, floor]) }))
    const open = ids.find((id) => admitsWithoutToken(id.policy, terms) && admitsOrigin(id, origin))
    if (open) return open.allowed_origins.length === 0 ? undefined : passOf(open, origin, () => undefined)
    const { token } = params
    if (token === undefined) throw refusedWithoutToken(ids, terms)
    const audience = protocol === 'webrtc' ? 'whep' : 'live'
    return this.#admitByToken({ token, audience, ip: client.ip }, origin, ids, terms)
  }

  async #admitByToken(
    shown: ShownToken,
    origin: string | undefined,
    ids: readonly Door[],
    { project_id: projectId }: PlaybackTerms,
  ): Promise<PlaybackPass> {
    const verified = await this.#verify(shown.token)
    const { claims, kid } = verified
    const door = ids.find(({ id }) => id === claims.sub)
    if (!door || this.#state?.key(kid)?.projectId !== projectId) {
      throw new AdmissionError('PLAYBACK_TOKEN_SUBJECT', 'the token is for another stream')
    }
    if (!admitsOrigin(door, origin)) throw originDenied()
    const refusal = (): string | undefined => this.#refusal(verified, projectId)
    this.#check(claims, shown, refusal())
    return passOf(door, origin, refusal)
  }

  #check(claims: PlaybackClaims, { ip, audience }: ShownToken, refusal: string | undefined): void {
    try {
      checkClaims(claims, this.#options.wallMs() / 1000, ip, audience)
    } catch (error) {
      throw asAdmissionError(error)
    }
    if (refusal !== undefined) throw new AdmissionError(refusal, 'the token was revoked')
  }

  /** What may change while a viewer watches. */
  #refusal({ claims, kid }: VerifiedToken, projectId: string): string | undefined {
    if (isExpired(claims, this.#options.wallMs() / 1000)) return 'PLAYBACK_TOKEN_EXPIRED'
    if (!this.#state?.key(kid)) return 'PLAYBACK_TOKEN_KEY'
    return this.#state.isRevoked(projectId, claims) ? 'PLAYBACK_TOKEN_REVOKED' : undefined
  }

  async #verify(token: string): Promise<VerifiedToken> {
    try {
      return await this.#verifier.verify(token)
    } catch (error) {
      if (errorCode(error) !== 'PLAYBACK_TOKEN_KEY') throw asAdmissionError(error)
    }
    await this.#options.refresh()
    if (!this.#state) {
      throw new AdmissionError('ADMISSION_UNAVAILABLE', 'the server cannot check tokens at the moment, try again')
    }
    return this.#verifier.verify(token).catch((error: unknown) => {
      throw asAdmissionError(error)
    })
  }
}

function admitsWithoutToken(policy: PlaybackPolicy, terms: PlaybackTerms): boolean {
  return policy === 'public' || (policy === 'admission' && terms.hook_allowed)
}

function admitsOrigin({ allowed_origins: allowed }: Door, origin: string | undefined): boolean {
  return allowed.length === 0 || (origin !== undefined && isAllowedOrigin(allowed, origin))
}

/** Where only some origins may play, only pages of the viewer's own may read the answers. */
function passOf(
  { allowed_origins: allowed }: Door,
  origin: string | undefined,
  refusal: PlaybackPass['refusal'],
): PlaybackPass {
  return { personal: true, origin: allowed.length === 0 ? null : (origin ?? null), refusal }
}

/** The most helpful of the reasons why none of the ids lets anybody in who has no token. */
function refusedWithoutToken(ids: readonly Door[], terms: PlaybackTerms): AdmissionError {
  if (ids.some(({ policy }) => admitsWithoutToken(policy, terms))) return originDenied()
  if (ids.some(({ policy }) => policy === 'signed') || terms.policy === 'signed') {
    return new AdmissionError('PLAYBACK_TOKEN_REQUIRED', 'a playback token is needed: ?token=…')
  }
  if (ids.length > 0)
    return new AdmissionError('PLAYBACK_HOOK_REQUIRED', 'the vhost has no play hook that lets viewers in')
  return new AdmissionError('PLAYBACK_ID_MISSING', 'the stream has no playback id')
}

function originDenied(): AdmissionError {
  return new AdmissionError('PLAYBACK_ORIGIN_DENIED', 'the stream may not be played from this page')
}

function asAdmissionError(error: unknown): unknown {
  return error instanceof PlaybackTokenError ? new AdmissionError(error.code, error.message) : error
}
