import { ByteReader, ByteWriter } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { writeBox } from './box.ts'
import { SEGMENT } from './fragment.ts'

/** A fragment that players may ask for. */
export interface BootstrapFragment {
  /** Of its first tag. */
  readonly startMs: number
  /** Until the next fragment; 1 at least. */
  readonly durationMs: number
  /** Whether its timestamps do not go on from the one before. */
  readonly discontinuity: boolean
}

const TIMESCALE = 1000
const LIVE = 0x20
/** Of an entry without duration. @see F4V 10.1 §2.11.2.2.1 "DiscontinuityIndicator" */
const TIMESTAMPS_DISCONTINUE = 2

/**
 * Bootstrap information of a live stream: which fragments there are, and when.
 *
 * @param fragments numbered one by one, at least one of them
 * @param options.firstNumber number of the first one
 * @see F4V 10.1 §2.11.2
 */
export function writeBootstrap(
  fragments: readonly BootstrapFragment[],
  { firstNumber }: { firstNumber: number },
): Uint8Array {
  const out = new ByteWriter(128 + 16 * fragments.length)
  const body = new ByteWriter(128 + 16 * fragments.length)
    .u32(0) // version and flags of the box
    .u32(firstNumber + fragments.length - 1)
    .u8(LIVE)
    .u32(TIMESCALE)
    .u53(Math.max(0, fragments.at(-1)?.startMs ?? 0))
    .u53(0) // SmpteTimeCodeOffset
    .u8(0) // MovieIdentifier, an empty string
    .u8(0) // ServerEntryCount
    .u8(0) // QualityEntryCount
    .u8(0) // DrmData, an empty string
    .u8(0) // MetaData, an empty string
    .u8(1)
  writeBox(body, 'asrt', [segmentRuns(fragments.length)])
  body.u8(1)
  writeBox(body, 'afrt', [fragmentRuns(fragments, firstNumber)])
  writeBox(out, 'abst', [body.finish()])
  return out.finish()
}

/**
 * Number of the newest fragment of bootstrap information that {@link writeBootstrap} has written.
 * Throws FormatError `HDS_BAD_BOOTSTRAP` for anything else.
 */
export function newestFragment(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes)
  if (reader.remaining < 16) throw new FormatError('HDS_BAD_BOOTSTRAP', 'bootstrap information that is cut off')
  const sizeBytes = reader.u32()
  const type = String.fromCharCode(...reader.bytes(4))
  if (type !== 'abst' || sizeBytes > bytes.length)
    throw new FormatError('HDS_BAD_BOOTSTRAP', 'no bootstrap information')
  reader.skip(4)
  return reader.u32()
}

/** @see F4V 10.1 §2.11.2.1: one segment, of the fragments that are listed, as players count from the first of these */
function segmentRuns(fragments: number): Uint8Array {
  return new ByteWriter(32).u32(0).u8(0).u32(1).u32(SEGMENT).u32(fragments).finish()
}

/** @see F4V 10.1 §2.11.2.2 */
function fragmentRuns(fragments: readonly BootstrapFragment[], firstNumber: number): Uint8Array {
  const out = new ByteWriter(32 + 16 * fragments.length)
  // nothing is listed before the first
  const breaks = fragments.filter(({ discontinuity }, i) => discontinuity && i > 0).length
  out
    .u32(0)
    .u32(TIMESCALE)
    .u8(0)
    .u32(fragments.length + breaks)
  for (const [i, { startMs, durationMs, discontinuity }] of fragments.entries()) {
    const start = Math.max(0, startMs)
    if (discontinuity && i > 0) {
      out
        .u32(firstNumber + i)
        .u53(start)
        .u32(0)
        .u8(TIMESTAMPS_DISCONTINUE)
    }
    out
      .u32(firstNumber + i)
      .u53(start)
      .u32(Math.max(1, durationMs))
  }
  return out.finish()
}
