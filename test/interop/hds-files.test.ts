/** HDS by `conf/hds.conf`, with short fragments: fetched live as its clients do it, and decoded by FFmpeg. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'
import { writeFlvHeader } from '@millrace/flv'

import { startSample } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { Program, words } from '../support/program.ts'

const SECONDS = 3

const scope = new Scope()
after(() => scope.close())
const node = await startSample(scope, 'hds.conf', { SRS_VHOST_HDS_HDS_FRAGMENT: '1' })
await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: `rtmp://127.0.0.1:${node.ports.rtmp}/live/x` })
const url = `http://127.0.0.1:${node.ports.http}/live/x.f4m`
await eventually(url, async () => (await fetch(url)).ok)

async function get(name: string): Promise<Buffer> {
  const answer = await fetch(new URL(name, url))
  assert.equal(answer.status, 200, name)
  return Buffer.from(await answer.arrayBuffer())
}

test('what the manifest leads to are fragments that FFmpeg decodes without an error line', async () => {
  const manifest = (await get('x.f4m')).toString()
  const [, bootstrapUrl = ''] = /<bootstrapInfo [^>]*url="([^"]*)"/.exec(manifest) ?? []
  const [, mediaUrl = ''] = /<media [^>]*url="([^"]*)"/.exec(manifest) ?? []
  const first = await eventually('enough fragments', async () => {
    const bootstrap = await get(bootstrapUrl)
    const runs = bootstrap.indexOf('asrt') + 4 + 4 + 1 + 4
    assert.equal(bootstrap.readUInt32BE(runs), 1)
    return bootstrap.readUInt32BE(runs + 4) >= SECONDS + 1 && bootstrap.readUInt32BE(bootstrap.indexOf('afrt') + 17)
  })
  const parts: Uint8Array[] = [writeFlvHeader({ audio: true, video: true })]
  for (let i = 0; i <= SECONDS; i++) parts.push((await get(`${mediaUrl}Seg1-Frag${first + i}`)).subarray(8))
  const file = path.join(node.folder, 'fetched.flv')
  await writeFile(file, Buffer.concat(parts))
  const { errors, videoFrames, audioFrames } = await decodeWithFfmpeg(file, SECONDS)
  assert.deepEqual(errors, [])
  assert.ok(videoFrames >= SECONDS * 25 * 0.9, `${videoFrames} video frames`)
  assert.ok(audioFrames >= SECONDS * 38 * 0.9, `${audioFrames} audio frames`)
})

const isThere = spawnSync('yt-dlp', ['--version']).status === 0
test('yt-dlp follows it live', { skip: !isThere && 'yt-dlp is not installed' }, async () => {
  const file = path.join(node.folder, 'followed.flv')
  const program = await Program.start(scope, 'yt-dlp', [...words('--no-part --no-config -q -o'), file, url])
  await eventually('fragments were fetched', async () => (await readFile(file)).length > 10_000)
  await program.stop()
  const { errors, videoFrames } = await decodeWithFfmpeg(file, 1)
  assert.deepEqual(errors, [])
  assert.ok(videoFrames > 0)
})
