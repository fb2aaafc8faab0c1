/** Worker thread: FFmpeg's codecs, for as many streams as it is given. Orders and answers come in arrays. */
import { errorCode, errorMessage, FormatError } from '@millrace/core'
import { parentPort } from 'node:worker_threads'

import type { CodecPair } from './codec-pair.ts'
import type { Answer, Order } from './messages.ts'

/** So many frames in a row that can't be decoded are another codec than was said: about a second of sound. */
const MAX_BAD_FRAMES = 50

interface Stream {
  readonly codecs: CodecPair
  badFrames: number
  done: number
}

const port = parentPort!
const streams = new Map<number, Stream>()
let answers: Answer[] = []

function fail(id: number, error: unknown): void {
  streams.get(id)?.codecs.close()
  streams.delete(id)
  answers.push({ kind: 'failed', id, code: errorCode(error), reason: errorMessage(error) })
}

function feed(id: number, stream: Stream, payload: Uint8Array, pts: number): void {
  stream.done++
  try {
    stream.codecs.feed(payload, pts)
    stream.badFrames = 0
  } catch (error) {
    if (!(error instanceof FormatError) || ++stream.badFrames >= MAX_BAD_FRAMES) fail(id, error)
  }
}

function obey(order: Order, Codecs: typeof CodecPair): void {
  const { id } = order
  const stream = streams.get(id)
  if (order.kind === 'open') {
    try {
      const codecs = new Codecs(order.format, (payload, pts) => answers.push({ kind: 'frame', id, payload, pts }))
      streams.set(id, { codecs, badFrames: 0, done: 0 })
    } catch (error) {
      fail(id, error)
    }
  } else if (order.kind === 'close') {
    stream?.codecs.close()
    streams.delete(id)
  } else if (stream) {
    feed(id, stream, order.payload, order.pts)
  }
}

function answer(): void {
  for (const [id, stream] of streams) {
    if (stream.done > 0) answers.push({ kind: 'done', id, frames: stream.done })
    stream.done = 0
  }
  const buffers = answers.flatMap((each) => (each.kind === 'frame' ? [each.payload.buffer as ArrayBuffer] : []))
  if (answers.length > 0) port.postMessage(answers, buffers)
  answers = []
}

try {
  // it may not be installed, or not for this machine
  const [{ CodecPair }, { Log }, { AV_LOG_QUIET }] = await Promise.all([
    import('./codec-pair.ts'),
    import('node-av/lib'),
    import('node-av/constants'),
  ])
  Log.setLevel(AV_LOG_QUIET)
  port.on('message', (orders: readonly Order[]) => {
    for (const order of orders) obey(order, CodecPair)
    answer()
  })
  port.postMessage([{ kind: 'ready' } satisfies Answer])
} catch (error) {
  port.postMessage([{ kind: 'unavailable', reason: errorMessage(error) } satisfies Answer])
}
