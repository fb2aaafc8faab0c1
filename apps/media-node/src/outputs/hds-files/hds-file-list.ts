import { readFileSync } from 'node:fs'
import path from 'node:path'

import { fragmentName, newestFragment, writeBootstrap, writeF4m } from '@millrace/hds'
import { SlidingWindow } from '@millrace/hls'

import { removeFiles, writeWhole } from '../../io/file-queue.ts'

/** A fragment to be written. */
export interface NewFragment {
  readonly bytes: Uint8Array
  /** Time of its first tag. */
  readonly startMs: number
  readonly durationMs: number
  readonly discontinuity: boolean
}

/** A fragment that has a file. */
interface WrittenFragment {
  readonly file: string
  readonly startMs: number
}

const MAX_FRAGMENTS = 100_000

/** The fragments of one stream that have files, and what lists them. Each promise must be settled before the next call that gives one. */
export class HdsFileList {
  /** Absolute path that manifest, bootstrap information and fragments add their endings to. */
  readonly base: string
  /** Number of the next fragment. */
  readonly #numbers: { next: number }
  #windowMs: number
  #window: SlidingWindow<WrittenFragment> | undefined
  #forgotten: string[] = []
  #hasManifest = false

  /** @param before whose numbers go on; without it they follow from the bootstrap information that is there */
  constructor(base: string, windowMs: number, before?: HdsFileList) {
    this.base = base
    this.#windowMs = windowMs
    this.#numbers = before ? before.#numbers : { next: numberAfter(`${base}.abst`) }
  }

  /** Lists at least this much from now on. */
  configure(windowMs: number): void {
    this.#windowMs = windowMs
    this.#window?.configure(this.#bounds)
  }

  /** Writes a fragment and bootstrap information with it, and removes what nobody may ask for any more. @param nowMs monotonic */
  async add({ bytes, startMs, durationMs, discontinuity }: NewFragment, nowMs: number): Promise<void> {
    this.#window ??= this.#newWindow()
    const file = this.base + fragmentName(this.#numbers.next)
    await writeWhole(file, bytes)
    const times = { durationUs: Math.round(durationMs * 1000), wallMs: null, discontinuity }
    this.#window.add({ ...times, sizeBytes: bytes.length, body: { file, startMs } }, nowMs)
    this.#numbers.next++
    await writeWhole(`${this.base}.abst`, bootstrapOf(this.#window))
    // a player that finds a manifest must find what it names
    if (!this.#hasManifest) await writeWhole(`${this.base}.f4m`, manifestOf(path.basename(this.base)))
    this.#hasManifest = true
    await removeFiles(this.#forgotten.splice(0))
  }

  get #bounds(): Parameters<SlidingWindow<WrittenFragment>['configure']>[0] {
    return {
      windowUs: this.#windowMs * 1000,
      targetDurationS: 1,
      onForgotten: ({ body }) => void this.#forgotten.push(body.file),
    }
  }

  #newWindow(): SlidingWindow<WrittenFragment> {
    const limits = { maxSegments: MAX_FRAGMENTS, maxBytes: Infinity }
    return new SlidingWindow({ ...this.#bounds, ...limits, firstSequence: this.#numbers.next })
  }
}

function bootstrapOf(window: SlidingWindow<WrittenFragment>): Uint8Array {
  const { segments, mediaSequence } = window.playlist(() => '')
  const fragments = segments.map(({ durationUs, discontinuity }, i) => ({
    startMs: window.get(mediaSequence + i)?.body.startMs ?? 0,
    durationMs: Math.round(durationUs / 1000),
    discontinuity,
  }))
  return writeBootstrap(fragments, { firstNumber: mediaSequence })
}

function manifestOf(name: string): string {
  const url = encodeURIComponent(name)
  return writeF4m({ id: `${name}.f4m`, bootstrapUrl: `${url}.abst`, mediaUrl: url })
}

/** The number after the newest fragment that an earlier run has left; 1 without any. */
function numberAfter(file: string): number {
  try {
    // one small file at the begin of a publication
    return newestFragment(readFileSync(file)) + 1
  } catch {
    return 1
  }
}
