/**
 * Speed of the chunk reader and writer: `node packages/proto/rtmp/src/chunks.bench.ts`. Prints MB/s and messages/s, one
 * line per case. The stream is 30 frames/s of 4 Mbit/s video with 47 AAC frames/s, in pieces as sockets give them.
 */
import { concatBytes } from '@millrace/bytes'

import { ChunkReader } from './chunk-reader.ts'
import { encodeMessage } from './chunk-writer.ts'
import { setChunkSize } from './protocol-control.ts'

const messages = Array.from({ length: 770 }, (_, i) =>
  i % 77 < 30
    ? { typeId: 9, streamId: 1, timestampMs: i * 13, payload: new Uint8Array(i % 77 === 0 ? 120_000 : 15_000) }
    : { typeId: 8, streamId: 1, timestampMs: i * 13, payload: new Uint8Array(340) },
)

function measure(name: string, bytesPerRound: number, round: () => void): void {
  for (let i = 0; i < 5; i++) round()
  let rounds = 0
  const startMs = performance.now()
  while (performance.now() - startMs < 1000) {
    round()
    rounds++
  }
  const seconds = (performance.now() - startMs) / 1000
  const megabytes = Math.round((bytesPerRound * rounds) / seconds / 1e6)
  console.log(`${name}: ${megabytes} MB/s, ${Math.round((messages.length * rounds) / seconds)} messages/s`)
}

for (const chunkSize of [128, 4096, 60_000]) {
  const encode = (): Uint8Array[] => messages.map((message) => encodeMessage(message, message.typeId - 2, chunkSize))
  const stream = concatBytes([encodeMessage(setChunkSize(chunkSize), 2, 128), ...encode()])
  for (const pieceSize of [1460, 65_536]) {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += pieceSize) pieces.push(stream.subarray(at, at + pieceSize))
    measure(`read, chunks of ${chunkSize}, pieces of ${pieceSize}`, stream.length, () => {
      const reader = new ChunkReader(() => {})
      for (const piece of pieces) reader.push(piece)
    })
  }
  measure(`write, chunks of ${chunkSize}`, stream.length, encode)
}
