import { fields, fullBox } from '../box.ts'
import type { Part } from '../box.ts'
import type { U32List } from '../u32-list.ts'

/** Runs of equal values: count and value alternate. */
export type RunLengths = U32List

/** TimeToSampleBox `stts`: runs of equal durations. @see ISO/IEC 14496-12 §8.6.1.2 */
export function timeToSampleBox(durations: RunLengths): Part {
  return fullBox('stts', 0, 0, count(durations.length / 2), numbers(durations))
}

/** CompositionOffsetBox `ctts`: runs of equal signed offsets. @see ISO/IEC 14496-12 §8.6.1.3 */
export function compositionOffsetBox(offsets: RunLengths): Part {
  return fullBox('ctts', 1, 0, count(offsets.length / 2), numbers(offsets))
}

/** SyncSampleBox `stss`: numbers of the key frames, from 1. @see ISO/IEC 14496-12 §8.6.2 */
export function syncSampleBox(samples: U32List): Part {
  return fullBox('stss', 0, 0, count(samples.length), numbers(samples))
}

/**
 * SampleToChunkBox `stsc`: first chunk (from 1), samples in each, sample description (from 1), three numbers for each run.
 * @see ISO/IEC 14496-12 §8.7.4
 */
export function sampleToChunkBox(runs: U32List): Part {
  return fullBox('stsc', 0, 0, count(runs.length / 3), numbers(runs))
}

/** SampleSizeBox `stsz`. @see ISO/IEC 14496-12 §8.7.3.2 */
export function sampleSizeBox(sizes: U32List): Part {
  return fullBox('stsz', 0, 0, count(0), count(sizes.length), numbers(sizes))
}

/**
 * ChunkOffsetBox `stco`, or ChunkLargeOffsetBox `co64`.
 * @param chunks upper and lower half of each chunk's offset, alternating
 * @param base gives what is added to them, when the box is written
 * @see ISO/IEC 14496-12 §8.7.5
 */
export function chunkOffsetBox(chunks: U32List, wide: boolean, base: () => number): Part {
  const entries = chunks.length / 2
  const table: Part = {
    sizeBytes: entries * (wide ? 8 : 4),
    write(out, at) {
      const view = new DataView(out.buffer, out.byteOffset)
      const added = base()
      let to = at
      for (let i = 0; i < entries; i++) {
        const offset = chunks.at(2 * i) * 2 ** 32 + chunks.at(2 * i + 1) + added
        if (wide) view.setUint32(to, Math.floor(offset / 2 ** 32))
        view.setUint32(to + (wide ? 4 : 0), offset % 2 ** 32)
        to += wide ? 8 : 4
      }
    },
  }
  return fullBox(wide ? 'co64' : 'stco', 0, 0, count(entries), table)
}

function count(entries: number): Uint8Array {
  return fields((out) => out.u32(entries))
}

function numbers(list: U32List): Part {
  return {
    sizeBytes: 4 * list.length,
    write: (out, at) => list.writeTo(new DataView(out.buffer, out.byteOffset), at),
  }
}
