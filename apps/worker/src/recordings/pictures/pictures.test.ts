import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

import { flvClip } from '../../../../../test/support/clips.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { makePictures } from './pictures.ts'

const run = promisify(execFile)
const NEVER = new AbortController().signal

const sizeOf = async (file: string): Promise<string> => {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', file]
  return (await run('ffprobe', args)).stdout.trim()
}

test('a poster and a sheet of pictures are made of the sources that can be decoded', async (t) => {
  const dir = await tempDir(testScope(t))
  const clip = await flvClip({ video: 'h264', audio: 'aac' })
  const broken = path.join(dir, 'broken.mp4')
  await writeFile(broken, 'no media')
  const sound = await flvClip({ audio: 'aac' })
  const [poster, sheet] = [path.join(dir, 'poster.jpg'), path.join(dir, 'sheet.jpg')]
  const sources = [clip, broken, clip, sound, await flvClip({ video: 'hevc' })]
  const made = await makePictures({ sources, poster, sheet }, NEVER)
  assert.deepEqual(made.tiles, [0, 2, 4])
  assert.deepEqual(made.layout, { tile: { width: 160, height: 90 }, columns: 3, rows: 1 })
  assert.equal(await sizeOf(poster), 'mjpeg,320,180')
  assert.equal(await sizeOf(sheet), 'mjpeg,480,90')
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', sheet, '-f', 'null', '-'])
  assert.equal(stderr, '')
  assert.ok((await readFile(sheet)).length > 2000)
})

test('sources without a picture are told', async (t) => {
  const dir = await tempDir(testScope(t))
  const request = {
    sources: [await flvClip({ audio: 'aac' })],
    poster: path.join(dir, 'a'),
    sheet: path.join(dir, 'b'),
  }
  await assert.rejects(makePictures(request, NEVER), { code: 'PICTURES_NONE' })
})

test('the process ends when nobody wants its pictures any more', async (t) => {
  const dir = await tempDir(testScope(t))
  const clip = await flvClip({ video: 'h264' })
  const request = {
    sources: Array.from({ length: 1000 }, () => clip),
    poster: path.join(dir, 'a'),
    sheet: path.join(dir, 'b'),
  }
  await assert.rejects(makePictures(request, AbortSignal.timeout(300)), { code: 'PICTURES_ABORTED' })
})
