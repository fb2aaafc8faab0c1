import { Readable } from 'node:stream'

/** The same bytes, with errors turned by `toError`. `source` ends with it. */
export function codedStream(source: Readable, toError: (error: unknown) => Error): Readable {
  const stream = Readable.from(chunksOf(source, toError), { objectMode: false })
  // one that is destroyed before it is read never gets to its generator
  stream.once('close', () => source.destroy())
  return stream
}

async function* chunksOf(source: Readable, toError: (error: unknown) => Error): AsyncGenerator<Uint8Array> {
  try {
    yield* source as AsyncIterable<Uint8Array>
  } catch (error) {
    throw toError(error)
  }
}
