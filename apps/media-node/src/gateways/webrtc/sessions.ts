import type { Path } from '@millrace/webrtc'

import type { RtcSession } from './session.ts'

/** How often sessions are asked whether something is due: finer than any of their intervals. */
const TICK_MS = 10
/** Paths of one peer: it may change its address as often as it likes, but only the latest count. */
const MAX_PATHS = 8
/** Names of one peer in STUN: that before a restart may still come. */
const MAX_UFRAGS = 2

/** All sessions of a node, and which of them a datagram is for. */
export class RtcSessions {
  readonly #byId = new Map<string, RtcSession>()
  readonly #byUfrag = new Map<string, RtcSession>()
  readonly #byPath = new Map<string, { session: RtcSession; path: Path }>()
  #timer: NodeJS.Timeout | undefined

  get size(): number {
    return this.#byId.size
  }

  list(): Iterable<RtcSession> {
    return this.#byId.values()
  }

  find(id: string): RtcSession | undefined {
    return this.#byId.get(id)
  }

  byUfrag(ufrag: string): RtcSession | undefined {
    return this.#byUfrag.get(ufrag)
  }

  /** Who sends by a path, by its name. */
  byPath(name: string): { session: RtcSession; path: Path } | undefined {
    return this.#byPath.get(name)
  }

  add(session: RtcSession): void {
    this.#byId.set(session.id, session)
    this.#byUfrag.set(session.credentials.ufrag, session)
    this.#timer ??= setInterval(() => this.#tick(performance.now()), TICK_MS).unref()
  }

  /** STUN has proven that a session is reached by a path. */
  bind(name: string, session: RtcSession, path: Path): void {
    // it may have ended by what came this way
    if (this.#byId.get(session.id) !== session) return
    this.#byPath.get(name)?.session.paths.delete(name)
    this.#byPath.set(name, { session, path })
    session.paths.delete(name)
    session.paths.add(name)
    for (const oldest of session.paths) if (session.paths.size > MAX_PATHS) this.#forget(oldest)
  }

  /** A peer restarts ICE: it is known by its last name too. @see RFC 8445 §9 */
  restart(session: RtcSession, remoteUfrag: string): void {
    session.restart(remoteUfrag)
    if (this.#byId.get(session.id) !== session) return
    this.#byUfrag.set(session.credentials.ufrag, session)
    for (const oldest of session.ufrags) {
      if (session.ufrags.size <= MAX_UFRAGS) break
      session.ufrags.delete(oldest)
      this.#byUfrag.delete(oldest)
    }
  }

  /** A path is no more. */
  unbind(name: string, path: Path): void {
    if (this.#byPath.get(name)?.path === path) this.#forget(name)
  }

  remove(session: RtcSession): void {
    this.#byId.delete(session.id)
    for (const ufrag of session.ufrags) this.#byUfrag.delete(ufrag)
    for (const name of session.paths) this.#byPath.delete(name)
    session.paths.clear()
    if (this.#byId.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Ends all. */
  close(): void {
    for (const session of this.#byId.values()) session.close()
  }

  #forget(name: string): void {
    this.#byPath.get(name)?.session.paths.delete(name)
    this.#byPath.delete(name)
  }

  #tick(nowMs: number): void {
    for (const session of this.#byId.values()) if (session.deadlineMs <= nowMs) session.tick(nowMs)
  }
}
