import { writeFile } from 'node:fs/promises'

import { CodedError, FormatError } from '@millrace/core'
import { AV_LOG_QUIET, Decoder, Demuxer, Frame, Log, Scaler, AV_PIX_FMT_YUV420P } from 'node-av'

import type { PicturesMade, PicturesRequest } from './request.ts'
import { blackSheet, detail, fitInto, layOut, placeTile, sheetSize, type SheetLayout, type Size } from './sheet.ts'

const POSTER_MAX: Size = { width: 1280, height: 720 }
const POSTER_QUALITY = 85
const SHEET_QUALITY = 75

/** Decodes the first picture of a file, and passes it to `use`. Returns undefined for a file without one. */
async function withFirstPicture<T>(file: string, use: (picture: Frame) => Promise<T>): Promise<T | undefined> {
  await using input = await Demuxer.open(file)
  const stream = input.video()
  if (stream === undefined) return undefined
  using decoder = await Decoder.create(stream, { threadCount: 1 })
  for await (const picture of decoder.frames(input.packets(stream.index))) {
    if (picture === null) continue
    using held = picture
    return await use(held)
  }
  return undefined
}

interface Tile {
  source: number
  pixels: Uint8Array
}

async function makeTiles(scaler: Scaler, sources: readonly string[]): Promise<{ layout: SheetLayout; tiles: Tile[] }> {
  let layout: SheetLayout | undefined
  const tiles: Tile[] = []
  for (const [source, file] of sources.entries()) {
    const pixels = await orNothing(() =>
      withFirstPicture(file, (picture) => {
        layout ??= layOut(picture, sources.length)
        return scaler.toBuffer(picture, { resize: layout.tile, format: 'yuv420p' })
      }),
    )
    if (pixels !== undefined) tiles.push({ source, pixels })
  }
  if (layout === undefined || tiles.length === 0)
    throw new FormatError('PICTURES_NONE', 'there is no picture to decode')
  return { layout: layOut({ width: layout.tile.width, height: layout.tile.height }, tiles.length), tiles }
}

/** A source that can't be decoded has no picture; the others may. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    return undefined
  }
}

/**
 * Decodes one picture of each source, and writes the sheet of them, and the one with most to see as poster.
 * Throws FormatError `PICTURES_NONE` when none can be decoded.
 */
export async function makePictures({ sources, poster, sheet }: PicturesRequest): Promise<PicturesMade> {
  Log.setLevel(AV_LOG_QUIET)
  using scaler = new Scaler()
  const { layout, tiles } = await makeTiles(scaler, sources)
  const pixels = blackSheet(layout)
  for (const [index, tile] of tiles.entries()) placeTile(pixels, layout, tile.pixels, index)
  using picture = Frame.fromVideoBuffer(Buffer.from(pixels.buffer), {
    ...sheetSize(layout),
    format: AV_PIX_FMT_YUV420P,
    timeBase: { num: 1, den: 25 },
  })
  await writeFile(sheet, await scaler.toJpeg(picture, { quality: SHEET_QUALITY }))
  const { width, height } = layout.tile
  const luma = (tile: Tile): number => detail(tile.pixels.subarray(0, width * height))
  const best = tiles.reduce((one, other) => (luma(other) > luma(one) ? other : one))
  const size = await withFirstPicture(sources[best.source]!, async (full) => {
    const resize = fitInto(full, POSTER_MAX.width, POSTER_MAX.height)
    await writeFile(poster, await scaler.toJpeg(full, { resize, quality: POSTER_QUALITY }))
    return resize
  })
  if (size === undefined) throw new FormatError('PICTURES_NONE', 'the poster could not be decoded again')
  return { poster: size, layout, tiles: tiles.map(({ source }) => source) }
}
