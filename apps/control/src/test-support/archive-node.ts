import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { newId } from '@millrace/db'

import type { TestControl } from './control.ts'

/** A broadcast as its node knows it. */
export interface TestBroadcast {
  sessionId: string
  streamId: string
  epoch: number | null
}

/** What a segment is reported with beside its take, number and beginning. */
export interface SegmentOptions {
  durationMs?: number
  init?: number
  discontinuity?: boolean
  /** Reported as lost. */
  lost?: string
}

/** The node's side of recording: admission, reports, heartbeats. */
export class ArchiveNode {
  readonly #control: TestControl
  readonly #name: string
  #bootId = randomUUID()
  #seq = 0
  nodeId = ''

  constructor(control: TestControl, name: string = randomUUID()) {
    this.#control = control
    this.#name = name
  }

  /** Registers, as a new boot when it has before. */
  async register(): Promise<this> {
    this.#bootId = randomUUID()
    this.#seq = 0
    const body = { name: this.#name, boot_id: this.#bootId, version: '0', addresses: { rtmp: 'rtmp://n' } }
    const answer = await this.#post('register', body)
    this.nodeId = answer.body.node_id
    return this
  }

  /** Asks whether a publisher may come, and reports the broadcast at `at`. */
  async publish(stream: string, at = this.#control.now()): Promise<TestBroadcast & { grant: { archive: unknown } }> {
    const grant = await this.admit(stream)
    assert.equal(grant.allow, true, JSON.stringify(grant))
    const broadcast = { sessionId: newId('session'), streamId: grant.stream_id, epoch: grant.epoch }
    await this.connected(stream, broadcast, at)
    return { ...broadcast, grant }
  }

  async admit(stream: string) {
    const request = { action: 'publish', protocol: 'rtmp', vhost: '__defaultVhost__', app: 'live', stream }
    return (await this.#post('admit', { node_id: this.nodeId, ...request, client: { ip: '192.0.2.1' } })).body
  }

  connected(stream: string, { sessionId, streamId, epoch }: TestBroadcast, at = this.#control.now()): Promise<void> {
    return this.report(at, {
      type: 'session.connected',
      session_id: sessionId,
      vhost: '__defaultVhost__',
      app: 'live',
      stream,
      stream_id: streamId,
      key_id: null,
      protocol: 'rtmp',
      client: { ip: '192.0.2.1' },
      epoch,
    })
  }

  ended(sessionId: string, at = this.#control.now(), reason = 'publisher_closed'): Promise<void> {
    const counters = { duration_s: 1, bytes_in: 1, bytes_out: 0 }
    return this.report(at, { type: 'session.ended', session_id: sessionId, reason, ...counters })
  }

  /** Opens a take in a storage. */
  async take(broadcast: TestBroadcast, storageId: string, at = this.#control.now(), format = 'fmp4'): Promise<string> {
    const takeId = newId('take')
    const { sessionId, streamId, epoch } = broadcast
    await this.report(
      at,
      {
        type: 'take.opened',
        take_id: takeId,
        session_id: sessionId,
        stream_id: streamId,
        storage_id: storageId,
        format,
        epoch,
      },
      { type: 'take.tracks', take_id: takeId, init: 0, tracks: [{ kind: 'video', codec: 'h264' }] },
    )
    return takeId
  }

  segment(takeId: string, segment: number, startsAt: Date, options: SegmentOptions = {}): Promise<void> {
    return this.report(this.#control.now(), segmentReport(takeId, segment, startsAt, options))
  }

  closed(takeId: string, segments: number): Promise<void> {
    return this.report(this.#control.now(), { type: 'take.closed', take_id: takeId, segments })
  }

  /** Sends reports that must be taken. */
  async report(at: Date, ...reports: object[]): Promise<void> {
    assert.deepEqual(await this.send(at, ...reports), [])
  }

  /** Sends reports; the codes of those that are refused. */
  async send(at: Date, ...reports: object[]): Promise<string[]> {
    const numbered = reports.map((report) => ({ seq: ++this.#seq, at: at.toISOString(), ...report }))
    const answer = await this.#post('reports', { node_id: this.nodeId, boot_id: this.#bootId, reports: numbered })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body.rejected.map(({ code }: { code: string }) => code)
  }

  async heartbeat(fields: object = {}): Promise<void> {
    const load = { streams: 0, players: 0, in_bps: 0, out_bps: 0, cpu: 0 }
    const answer = await this.#post('heartbeat', { node_id: this.nodeId, boot_id: this.#bootId, load, ...fields })
    assert.equal(answer.status, 200)
  }

  #post(verb: string, body: object) {
    return this.#control.call('POST', `/node/v1/${verb}`, { token: this.#control.nodeToken, body })
  }
}

/** A report of a segment, 100 kB if it is stored. */
export function segmentReport(takeId: string, segment: number, startsAt: Date, options: SegmentOptions = {}): object {
  const { durationMs = 4000, init = 0, discontinuity = false, lost } = options
  const facts = { take_id: takeId, segment, starts_at: startsAt.toISOString(), duration_ms: durationMs }
  if (lost !== undefined) return { type: 'segment.lost', ...facts, code: lost }
  const counts = { bytes: 100_000, video_frames: 100, audio_frames: 188 }
  return { type: 'segment.stored', ...facts, init, ...counts, discontinuity }
}
