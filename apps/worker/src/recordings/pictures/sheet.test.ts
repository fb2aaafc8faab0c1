import assert from 'node:assert/strict'
import test from 'node:test'

import { blackSheet, detail, fitInto, layOut, placeTile, sheetSize, writeStoryboard } from './sheet.ts'

test('pictures keep their shape, in even numbers, ten in a row', () => {
  assert.deepEqual(layOut({ width: 1920, height: 1080 }, 25), {
    tile: { width: 160, height: 90 },
    columns: 10,
    rows: 3,
  })
  assert.deepEqual(layOut({ width: 720, height: 1280 }, 3), { tile: { width: 160, height: 284 }, columns: 3, rows: 1 })
  assert.equal(layOut({ width: 16, height: 16_000 }, 1).tile.height, 320)
  assert.equal(layOut({ width: 16_000, height: 16 }, 1).tile.height, 16)
})

test('a picture is made smaller to fit, never larger', () => {
  assert.deepEqual(fitInto({ width: 1920, height: 1080 }, 1280, 720), { width: 1280, height: 720 })
  assert.deepEqual(fitInto({ width: 1080, height: 1920 }, 1280, 720), { width: 406, height: 720 })
  assert.deepEqual(fitInto({ width: 320, height: 180 }, 1280, 720), { width: 320, height: 180 })
})

test('each picture lies in its place of the sheet, in all three planes', () => {
  const layout = { tile: { width: 4, height: 2 }, columns: 2, rows: 2 }
  const sheet = blackSheet(layout)
  for (const i of [0, 1, 2]) {
    placeTile(
      sheet,
      layout,
      Uint8Array.from({ length: 12 }, (_, at) => 10 * (i + 1) + (at < 8 ? 0 : at < 10 ? 1 : 2)),
      i,
    )
  }
  const { width } = sheetSize(layout)
  const rows = (from: number, to: number, stride: number): number[][] =>
    Array.from({ length: (to - from) / stride }, (_, y) => [
      ...sheet.subarray(from + y * stride, from + (y + 1) * stride),
    ])
  assert.deepEqual(rows(0, 32, width), [
    [10, 10, 10, 10, 20, 20, 20, 20],
    [10, 10, 10, 10, 20, 20, 20, 20],
    [30, 30, 30, 30, 16, 16, 16, 16],
    [30, 30, 30, 30, 16, 16, 16, 16],
  ])
  assert.deepEqual(rows(32, 40, 4), [
    [11, 11, 21, 21],
    [31, 31, 128, 128],
  ])
  assert.deepEqual(rows(40, 48, 4), [
    [12, 12, 22, 22],
    [32, 32, 128, 128],
  ])
})

test('a plain picture has no detail', () => {
  assert.equal(detail(new Uint8Array(100).fill(77)), 0)
  assert.ok(detail(Uint8Array.from({ length: 100 }, (_, i) => i)) > 100)
})

test('cues follow one another to the end of the video', () => {
  const layout = layOut({ width: 16, height: 9 }, 12)
  const vtt = writeStoryboard('storyboard-0.jpg', layout, [0, 4000.4, 3_600_000], 3_604_000)
  assert.equal(
    vtt,
    `WEBVTT

00:00:00.000 --> 00:00:04.000
storyboard-0.jpg#xywh=0,0,160,90

00:00:04.000 --> 01:00:00.000
storyboard-0.jpg#xywh=160,0,160,90

01:00:00.000 --> 01:00:04.000
storyboard-0.jpg#xywh=320,0,160,90
`,
  )
})
