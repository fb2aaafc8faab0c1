/** Files by HTTP, as `conf/http.server.conf` has them: an FLV file that FFmpeg plays from a key frame on. */
import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { flvClip } from '../support/clips.ts'
import { startSample } from '../support/conf-node.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { FLV_FILE_HEADER_BYTES, flvTagAt, TAG_VIDEO } from '../support/flv-file.ts'
import { testScope } from '../support/scope.ts'

const SECONDS = 12
const KEY_FRAME = 0x17

test('an FLV file is played from the key frame that a player seeks to', async (t) => {
  const node = await startSample(testScope(t), 'http.server.conf')
  const clip = await flvClip({ video: 'h264', audio: 'aac', seconds: SECONDS })
  const folder = path.join(node.folder, 'objs/files')
  await mkdir(folder, { recursive: true })
  await copyFile(clip, path.join(folder, 'x.flv'))
  const start = keyFrameAt(await readFile(clip), (SECONDS / 2) * 1000)
  const url = `http://127.0.0.1:${node.ports.http}/files/x.flv`
  const { errors, videoFrames, audioFrames } = await decodeWithFfmpeg(`${url}?start=${start}`, SECONDS)
  assert.deepEqual(errors, [])
  assert.equal(videoFrames, (SECONDS / 2) * 25)
  assert.ok(Math.abs(audioFrames - (SECONDS / 2) * 43) <= 2, `${audioFrames} audio frames`)
})

/** Where the tag of the first key frame at or after a time begins. */
function keyFrameAt(bytes: Buffer, timeMs: number): number {
  let at = FLV_FILE_HEADER_BYTES
  for (let next = flvTagAt(bytes, at); next; at = next.end, next = flvTagAt(bytes, at)) {
    const { type, timestampMs, body } = next.tag
    if (type === TAG_VIDEO && timestampMs >= timeMs && body[0] === KEY_FRAME) return at
  }
  assert.fail('no such key frame')
}
