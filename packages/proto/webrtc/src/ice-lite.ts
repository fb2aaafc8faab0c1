import { type KeyObject, randomInt } from 'node:crypto'

import { type Address, CodedError } from '@millrace/core'
import type { IceCredentials } from '@millrace/sdp'

import { STUN_BINDING, stunKey, type StunError, type StunMessage } from './stun/message.ts'
import { readStun, verifyIntegrity } from './stun/read-stun.ts'
import { writeStun } from './stun/write-stun.ts'

/** Where a peer is. */
export interface PeerAddress extends Address {
  readonly transport: 'udp' | 'tcp'
}

export interface IceLiteOptions {
  /** Ours. */
  readonly local: IceCredentials
  /** The peer's `ice-ufrag`. */
  readonly remoteUfrag: string
  readonly nowMs: number
  /** Without a request of the peer for this long it is gone; default 30,000. */
  readonly consentTimeoutMs?: number
}

/** What a datagram did. */
export interface IceResult {
  /** To be sent to where the datagram came from; null for nothing. */
  readonly reply: Uint8Array | null
  /** Where the peer's media goes from now on; null for where it went before. */
  readonly selected: PeerAddress | null
  /** Whether the peer has proven that it knows our password. */
  readonly authenticated: boolean
}

/** One set of credentials, as checks have it. */
interface Generation {
  readonly username: string
  readonly key: KeyObject
}

/** A peer that nominates nothing moves after this time of silence from where it was. */
const SILENCE_MS = 5_000
const DEFAULT_CONSENT_TIMEOUT_MS = 30_000
const NOTHING: IceResult = { reply: null, selected: null, authenticated: false }

/**
 * The ICE-lite side of one peer: answers its checks, and knows where it is. It never sends by itself, and only requests with our
 * password count. Media goes to the first address that such a request comes from, then to the one that the peer nominates,
 * so that it may move. @see RFC 8445 §7.3, RFC 7675
 */
export class IceLite {
  readonly #consentTimeoutMs: number
  #generation: Generation
  /** Good until the first check of the next one. */
  #previous: Generation | null = null
  #consentMs: number
  #selected: PeerAddress | null = null
  #selectedMs = 0
  #refused = 0

  constructor({ local, remoteUfrag, nowMs, consentTimeoutMs = DEFAULT_CONSENT_TIMEOUT_MS }: IceLiteOptions) {
    this.#generation = makeGeneration(local, remoteUfrag)
    this.#consentMs = nowMs
    this.#consentTimeoutMs = consentTimeoutMs
  }

  /** Where the peer's media goes; null before its first check. */
  get selected(): PeerAddress | null {
    return this.#selected
  }

  /** Datagrams that were malformed, not for this peer, or without its proof. */
  get refused(): number {
    return this.#refused
  }

  /** Monotonic time at which the peer is gone if nothing comes. */
  get deadlineMs(): number {
    return this.#consentMs + this.#consentTimeoutMs
  }

  /** Whether the peer has been silent for too long. */
  expired(nowMs: number): boolean {
    return nowMs >= this.deadlineMs
  }

  /** New credentials; the peer may use the old ones until its first check with these. @see RFC 8445 §9 */
  restart(local: IceCredentials, remoteUfrag: string): void {
    this.#previous = this.#generation
    this.#generation = makeGeneration(local, remoteUfrag)
  }

  /** Takes a datagram that `classify` calls STUN. Never throws: anybody may send one. */
  handle(datagram: Uint8Array, from: PeerAddress, nowMs: number): IceResult {
    const message = readOrNull(datagram)
    if (!message) return this.#refuse(null)
    if (message.method !== STUN_BINDING || message.class !== 'request') return NOTHING
    if (message.username === null || message.integrityOffset === null) {
      return this.#refuse(refusal(message, { code: 400, reason: 'Bad Request' }))
    }
    const generation = this.#authenticate(datagram, message)
    if (!generation) return this.#refuse(refusal(message, { code: 401, reason: 'Unauthenticated' }))
    if (message.unknown.length > 0) {
      const error = { code: 420, reason: 'Unknown Attribute' }
      return { ...NOTHING, reply: refusal(message, error, generation.key, message.unknown), authenticated: true }
    }
    if (message.iceRole === 'controlled') {
      // a lite end never controls, so the other has to
      const error = { code: 487, reason: 'Role Conflict' }
      return { ...NOTHING, reply: refusal(message, error, generation.key), authenticated: true }
    }
    if (generation === this.#generation) this.#previous = null
    this.#consentMs = nowMs
    const { transactionId } = message
    return {
      reply: writeStun({ class: 'success', transactionId, mappedAddress: from }, generation.key),
      selected: this.#select(message.useCandidate, from, nowMs),
      authenticated: true,
    }
  }

  #refuse(reply: Uint8Array | null): IceResult {
    this.#refused++
    return { ...NOTHING, reply }
  }

  #authenticate(datagram: Uint8Array, message: StunMessage): Generation | undefined {
    const known = this.#previous ? [this.#generation, this.#previous] : [this.#generation]
    return known.find(({ username, key }) => username === message.username && verifyIntegrity(datagram, message, key))
  }

  #select(nominated: boolean, from: PeerAddress, nowMs: number): PeerAddress | null {
    const current = this.#selected
    if (current && isSame(current, from)) {
      this.#selectedMs = nowMs
      return null
    }
    if (current && !nominated && nowMs - this.#selectedMs < SILENCE_MS) return null
    this.#selected = from
    this.#selectedMs = nowMs
    return from
  }
}

/** Our `ice-ufrag` in the USERNAME of a request, by which its peer is found; null for other datagrams. Proves nothing. */
export function localUfrag(datagram: Uint8Array): string | null {
  const message = readOrNull(datagram)
  if (message?.class !== 'request' || message.username === null) return null
  return message.username.split(':', 1)[0] ?? null
}

/**
 * New credentials: 8 and 32 letters and digits, 41 and 165 bits of randomness.
 *
 * @param prefix put before the random part of `ufrag`, for whoever routes by it
 */
export function makeIceCredentials(prefix = ''): IceCredentials {
  return { ufrag: prefix + randomText(8), pwd: randomText(32) }
}

function randomText(length: number): string {
  return Array.from({ length }, () => randomInt(36).toString(36)).join('')
}

function makeGeneration(local: IceCredentials, remoteUfrag: string): Generation {
  return { username: `${local.ufrag}:${remoteUfrag}`, key: stunKey(local.pwd) }
}

function readOrNull(datagram: Uint8Array): StunMessage | null {
  try {
    return readStun(datagram)
  } catch (error) {
    if (error instanceof CodedError) return null
    throw error
  }
}

function refusal(
  { transactionId }: StunMessage,
  error: StunError,
  key: KeyObject | null = null,
  unknown?: readonly number[],
): Uint8Array {
  return writeStun({ class: 'error', transactionId, error, ...(unknown ? { unknown } : {}) }, key)
}

const isSame = (a: PeerAddress, b: PeerAddress): boolean =>
  a.ip === b.ip && a.port === b.port && a.transport === b.transport
