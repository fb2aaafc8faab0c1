import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

import type { Scope } from '@millrace/core'
import { type MediaPlaylist, parsePlaylist } from '@millrace/hls'

const POLL_MS = 100

/** Everything that a live playlist said while it was watched. */
export class PlaylistWatch {
  /** Each version once, in order. */
  readonly versions: MediaPlaylist[] = []
  #text = ''

  /** Watches `url`, which need not be there yet, until `scope` closes. */
  static start(scope: Scope, url: string): PlaylistWatch {
    const watch = new PlaylistWatch()
    const stop = new AbortController()
    const running = watch.#run(url, stop.signal)
    scope.defer(async () => {
      stop.abort()
      await running
    })
    return watch
  }

  get newest(): MediaPlaylist | undefined {
    return this.versions.at(-1)
  }

  /** The URIs of all segments that were ever listed, in order. */
  get uris(): string[] {
    return Array.from(this.#numbered().values(), ({ uri }) => uri)
  }

  /**
   * A player that has it from any moment on finds its way: segments keep their numbers, also those of discontinuities, and none is
   * left out; nothing goes back.
   */
  isContinuous(): void {
    const numbers = [...this.#numbered().keys()]
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i),
    )
    for (const [i, { mediaSequence, discontinuitySequence, segments, epoch = 0, ended }] of this.versions.entries()) {
      const before = this.versions[i - 1]
      if (!before) continue
      assert.ok(mediaSequence >= before.mediaSequence, 'the media sequence goes back')
      assert.ok(
        mediaSequence + segments.length >= before.mediaSequence + before.segments.length,
        'segments are taken back',
      )
      assert.ok(discontinuitySequence >= before.discontinuitySequence, 'the discontinuity sequence goes back')
      assert.ok(epoch >= (before.epoch ?? 0), 'one that has lost the stream wrote')
      assert.ok(!before.ended || ended, 'it goes on after its end')
    }
  }

  /** Segments by their numbers. Fails where two versions don't agree. */
  #numbered(): Map<number, { uri: string; discontinuities: number }> {
    const known = new Map<number, { uri: string; discontinuities: number }>()
    for (const { mediaSequence, discontinuitySequence, segments } of this.versions) {
      let discontinuities = discontinuitySequence
      for (const [i, { uri, discontinuity }] of segments.entries()) {
        // that before the first one listed counts as removed
        if (discontinuity) discontinuities++
        const number = mediaSequence + i
        const found = { uri, discontinuities }
        assert.deepEqual(known.get(number) ?? found, found, `segment ${number}`)
        known.set(number, found)
      }
    }
    return new Map([...known].toSorted(([a], [b]) => a - b))
  }

  async #run(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const text = await fetch(url).then(
        (response) => (response.ok ? response.text() : this.#text),
        () => this.#text,
      )
      if (text !== this.#text) {
        this.#text = text
        const playlist = parsePlaylist(text)
        assert.equal(playlist.type, 'media')
        if (playlist.type === 'media') this.versions.push(playlist)
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => {})
    }
  }
}
