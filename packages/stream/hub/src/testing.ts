import type { Packager } from '@millrace/media'
import { audioTrack, FakeScheduler, videoTrack } from '@millrace/testkit'

import { Hub } from './hub.ts'
import type { HubOptions } from './options.ts'
import type { Sink } from './reader.ts'
import type { Packaging } from './view.ts'

export const video = videoTrack()
export const audio = audioTrack()
export const key = { vhost: 'v', app: 'live', name: 'x' }
const text = new TextEncoder()

/** Writes frames as `V40k `, `A63 `, headers as `[init …] `: readable in assertions. */
export function plainPackaging(counts: { encoded: number } = { encoded: 0 }): Packaging {
  const packager: Packager = {
    init: ({ tracks }, dtsMs) => [text.encode(`[init ${tracks.map(({ kind }) => kind).join('+')} @${dtsMs}] `)],
    update: (_info, dtsMs) => [text.encode(`[update @${dtsMs}] `)],
    encode(frame) {
      counts.encoded++
      return [
        text.encode(
          `${frame.track.kind === 'video' ? 'V' : 'A'}${frame.dtsTicks}${frame.key && frame.track.kind === 'video' ? 'k' : ''} `,
        ),
      ]
    },
  }
  return { key: 'plain', create: () => packager }
}

/** Keeps what it is given; the test says what of it is pending. */
export class TestSink implements Sink {
  pendingBytes = 0
  waits = false
  ended: string | undefined
  writes: Uint8Array[] = []
  #waiting: (() => void)[] = []

  write(bytes: Uint8Array): void {
    this.writes.push(bytes)
  }

  whenTaken(task: () => void): void {
    this.#waiting.push(task)
  }

  /** The peer has read everything. */
  drain(): void {
    this.pendingBytes = 0
    for (const task of this.#waiting.splice(0)) task()
  }

  end(reason: string): void {
    this.ended = reason
  }

  get text(): string {
    return this.writes.map((bytes) => new TextDecoder().decode(bytes)).join('')
  }
}

/** A hub with one stream, on a clock of the test's. */
export function setUp(options: Partial<HubOptions> = {}) {
  const scheduler = new FakeScheduler()
  const lives: string[] = []
  const closed: string[] = []
  const hub = new Hub(
    scheduler,
    { flushMs: 100, ...options },
    { live: ({ id }) => lives.push(id), closed: ({ id }) => closed.push(id) },
  )
  const stream = hub.open(key)
  return { scheduler, hub, stream, lives, closed }
}

/** A publisher of `stream` with both tracks. */
export function publishBoth(stream: ReturnType<typeof setUp>['stream']) {
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  publication.setTrack(audio)
  return publication
}
