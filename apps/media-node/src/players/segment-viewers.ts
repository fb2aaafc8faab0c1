import type { Scheduler } from '@millrace/hub'

import { AdmissionError } from '../admission/admission.ts'
import type { Visit } from '../admission/visit.ts'
import type { Player, PlayerInfo, Players } from './players.ts'

export interface SegmentViewersOptions {
  /** Who asks for nothing for this long has left, default 30 s. */
  idleMs?: number
  /** How long somebody who was kicked is refused, default 60 s. */
  banMs?: number
  /** Viewers remembered at most, default 100 000; more are served but neither counted nor listed. */
  maxViewers?: number
}

/** A viewer's request. */
export type SegmentRequest = Pick<PlayerInfo, 'key' | 'streamId' | 'protocol' | 'client'> & {
  /** Tells one viewer of a stream from another. */
  viewer: string
  /** Without a request for this long it has left; default that of all. */
  idleMs?: number
  /** Of a viewer who begins: over when it has left. */
  visit?: Visit | undefined
}

interface Entry {
  player: Player
  visit: Visit | undefined
  readonly idleMs: number
  lastMs: number
  bytes: number
}

/** Viewers without a connection of their own, as those of HLS: who asked for something of a stream lately. */
export class SegmentViewers {
  readonly #players: Players
  readonly #scheduler: Scheduler
  readonly #options: Required<SegmentViewersOptions>
  readonly #entries = new Map<string, Entry>()
  /** Until when somebody is refused, the oldest first. */
  readonly #bans = new Map<string, number>()
  #cancelSweep: (() => void) | undefined
  #draining = false

  constructor(players: Players, scheduler: Scheduler, options: SegmentViewersOptions = {}) {
    this.#players = players
    this.#scheduler = scheduler
    this.#options = { idleMs: 30_000, banMs: 60_000, maxViewers: 100_000, ...options }
  }

  /** While draining, those who watch already go on, and nobody else is taken. */
  set draining(draining: boolean) {
    this.#draining = draining
  }

  /** @throws AdmissionError `VIEWER_KICKED` for somebody who was kicked a moment ago, `NODE_DRAINING` */
  check(request: SegmentRequest): void {
    const id = entryId(request)
    if ((this.#bans.get(id) ?? 0) > this.#scheduler.nowMs())
      throw new AdmissionError('VIEWER_KICKED', 'this viewer was disconnected by the operator')
    if (this.#draining && !this.#entries.has(id))
      throw new AdmissionError('NODE_DRAINING', 'this server takes no new viewers, try another')
  }

  /** Whether somebody has asked for something lately. */
  watches(request: Pick<SegmentRequest, 'key' | 'viewer'>): boolean {
    return this.#entries.has(entryId(request))
  }

  /** A request was answered with that many bytes of the stream. */
  served(request: SegmentRequest, bytes: number): void {
    const id = entryId(request)
    const entry = this.#entries.get(id) ?? this.#enter(id, request)
    if (!entry) return request.visit?.end()
    entry.bytes += bytes
    entry.lastMs = this.#scheduler.nowMs()
  }

  close(): void {
    this.#cancelSweep?.()
    for (const entry of this.#entries.values()) leave(entry)
    this.#entries.clear()
  }

  #enter(
    id: string,
    { viewer: _viewer, visit, idleMs = this.#options.idleMs, ...info }: SegmentRequest,
  ): Entry | undefined {
    // an answer that was under way when its viewer was kicked
    if (this.#entries.size >= this.#options.maxViewers || this.#bans.has(id)) return undefined
    const player = this.#players.join({ ...info, bytes: () => entry.bytes, kick: () => this.#kick(id) })
    const entry: Entry = { player, visit, idleMs, lastMs: 0, bytes: 0 }
    this.#entries.set(id, entry)
    this.#arm()
    return entry
  }

  #kick(id: string): void {
    this.#bans.set(id, this.#scheduler.nowMs() + this.#options.banMs)
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    if (entry) leave(entry)
    this.#arm()
  }

  #arm(): void {
    this.#cancelSweep ??= this.#scheduler.after(this.#options.idleMs / 4, () => this.#sweep())
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    const nowMs = this.#scheduler.nowMs()
    for (const [id, entry] of this.#entries) {
      if (nowMs - entry.lastMs < entry.idleMs) continue
      this.#entries.delete(id)
      leave(entry)
    }
    for (const [id, untilMs] of this.#bans) {
      if (untilMs > nowMs) break
      this.#bans.delete(id)
    }
    if (this.#entries.size > 0 || this.#bans.size > 0) this.#arm()
  }
}

function leave({ player, visit }: Entry): void {
  player.leave()
  visit?.end()
}

const entryId = ({ key: { vhost, app, name }, viewer }: Pick<SegmentRequest, 'key' | 'viewer'>): string =>
  `${vhost}/${app}/${name}\n${viewer}`
