import { MAX_VIEWER_CHANGES, type ViewerJoined, type ViewerLeft } from '@millrace/contracts'
import type { Scheduler } from '@millrace/hub'

import type { ReportSink } from '../node-link/reporter.ts'
import type { Player, Players } from './players.ts'

export interface ViewerReportsOptions {
  /** Pause between batches, default 5 s. */
  everyMs?: number
  /** While this many reports wait for the control plane no more are made, default 1000. */
  maxBacklog?: number
  /** Viewers that came and went within a batch and are told of, default 1000. */
  maxPassing?: number
}

export interface ViewerReportsDeps {
  players: Players
  reports: ReportSink
  /** Reports that the control plane doesn't have yet. */
  backlog: () => number
  scheduler: Scheduler
}

/**
 * Tells the control plane who watches, in batches. While it is away changes are kept, not reports: what it gets later is the
 * difference, and the memory needed is that of the viewers there are.
 */
export class ViewerReports {
  readonly #deps: ViewerReportsDeps
  readonly #options: Required<ViewerReportsOptions>
  /** They watch, and control doesn't know. */
  readonly #joined = new Map<string, Player>()
  /** They have come and gone since. */
  #passing: { joined: ViewerJoined; left: ViewerLeft }[] = []
  /** They have gone, and control doesn't know. */
  #left: ViewerLeft[] = []
  #cancel: () => void

  constructor(deps: ViewerReportsDeps, options: ViewerReportsOptions = {}) {
    this.#deps = deps
    this.#options = { everyMs: 5000, maxBacklog: 1000, maxPassing: 1000, ...options }
    deps.players.observe({
      joined: (player) => this.#joined.set(player.id, player),
      left: (player) => this.#gone(player),
    })
    this.#cancel = this.#arm()
  }

  /** Control may have forgotten: everybody is told of again, which changes nothing where it hasn't. */
  again(): void {
    for (const player of this.#deps.players.list()) this.#joined.set(player.id, player)
  }

  /** Tells the rest. */
  close(): void {
    this.#cancel()
    this.#flush()
  }

  #arm(): () => void {
    return this.#deps.scheduler.after(this.#options.everyMs, () => {
      this.#flush()
      this.#cancel = this.#arm()
    })
  }

  #gone(player: Player): void {
    const left: ViewerLeft = {
      viewer_id: player.id,
      bytes_out: player.bytes(),
      duration_s: Math.max(0, Date.now() - player.joinedAtWallMs) / 1000,
    }
    if (!this.#joined.delete(player.id)) this.#left.push(left)
    else if (this.#passing.length < this.#options.maxPassing) this.#passing.push({ joined: toJoined(player), left })
  }

  #flush(): void {
    if (this.#deps.backlog() >= this.#options.maxBacklog) return
    const joined = [...[...this.#joined.values()].map(toJoined), ...this.#passing.map((passing) => passing.joined)]
    const left = [...this.#left, ...this.#passing.map((passing) => passing.left)]
    this.#joined.clear()
    this.#passing = []
    this.#left = []
    // all that came before all that went, so that nobody goes before having come
    for (let at = 0; at < joined.length; at += MAX_VIEWER_CHANGES)
      this.#report(joined.slice(at, at + MAX_VIEWER_CHANGES), [])
    for (let at = 0; at < left.length; at += MAX_VIEWER_CHANGES)
      this.#report([], left.slice(at, at + MAX_VIEWER_CHANGES))
  }

  #report(joined: ViewerJoined[], left: ViewerLeft[]): void {
    this.#deps.reports.report({ type: 'viewers.changed', joined, left })
  }
}

function toJoined({ id, key, streamId, protocol, client, joinedAtWallMs }: Player): ViewerJoined {
  return {
    viewer_id: id,
    vhost: key.vhost,
    app: key.app,
    stream: key.name,
    stream_id: streamId,
    protocol,
    client: {
      ip: client.ip,
      ...(client.userAgent ? { user_agent: client.userAgent.slice(0, 512) } : {}),
      ...(client.pageUrl ? { page_url: client.pageUrl.slice(0, 2048) } : {}),
    },
    joined_at: new Date(joinedAtWallMs).toISOString(),
  }
}
