/** Size in pixels. */
export interface Size {
  width: number
  height: number
}

/** Pictures of equal size in rows, the first one at the top left. */
export interface SheetLayout {
  readonly tile: Size
  readonly columns: number
  readonly rows: number
}

const TILE_WIDTH = 160
const MIN_TILE_HEIGHT = 16
const MAX_TILE_HEIGHT = 320
const COLUMNS = 10
/** Most pictures that are made of a recording. */
export const MAX_TILES = 100

/** Layout of `count` pictures of the shape of `source`; sizes are even, as 4:2:0 needs it. */
export function layOut(source: Size, count: number): SheetLayout {
  const height = even((TILE_WIDTH * source.height) / Math.max(1, source.width))
  const tile = { width: TILE_WIDTH, height: Math.min(MAX_TILE_HEIGHT, Math.max(MIN_TILE_HEIGHT, height)) }
  const columns = Math.max(1, Math.min(COLUMNS, count))
  return { tile, columns, rows: Math.max(1, Math.ceil(count / columns)) }
}

/** `source` made to fit `maxWidth` and `maxHeight`, in even numbers; never enlarged. */
export function fitInto(source: Size, maxWidth: number, maxHeight: number): Size {
  const scale = Math.min(1, maxWidth / source.width, maxHeight / source.height)
  return { width: Math.max(2, even(source.width * scale)), height: Math.max(2, even(source.height * scale)) }
}

const even = (value: number): number => Math.round(value / 2) * 2

/** Size of the whole sheet. */
export const sheetSize = ({ tile, columns, rows }: SheetLayout): Size => ({
  width: tile.width * columns,
  height: tile.height * rows,
})

/** A black sheet in planar YUV 4:2:0: the whole Y plane, then U, then V. */
export function blackSheet(layout: SheetLayout): Uint8Array {
  const { width, height } = sheetSize(layout)
  const luma = width * height
  const sheet = new Uint8Array(luma + luma / 2).fill(128, luma)
  return sheet.fill(16, 0, luma)
}

/** Puts a picture of the layout's tile size, in the same form, in its place. */
export function placeTile(sheet: Uint8Array, layout: SheetLayout, tile: Uint8Array, index: number): void {
  const { tile: size, columns } = layout
  const whole = sheetSize(layout)
  const column = index % columns
  const row = Math.floor(index / columns)
  let fromAt = 0
  let planeAt = 0
  for (const scale of [1, 2, 2]) {
    const width = size.width / scale
    const height = size.height / scale
    const stride = whole.width / scale
    for (let y = 0; y < height; y++) {
      const to = planeAt + (row * height + y) * stride + column * width
      sheet.set(tile.subarray(fromAt, fromAt + width), to)
      fromAt += width
    }
    planeAt += stride * (whole.height / scale)
  }
}

/** How much there is to see in a picture: variance of its luma, 0 for a plain one. */
export function detail(luma: Uint8Array): number {
  let sum = 0
  let squares = 0
  for (const value of luma) {
    sum += value
    squares += value * value
  }
  const mean = sum / luma.length
  return squares / luma.length - mean * mean
}

/**
 * WebVTT that tells players which part of `sheet` (a URI) to show at which time.
 *
 * @param startsMs when each picture's time begins on the timeline of the video, growing; the last one's ends at `endMs`
 * @see https://www.w3.org/TR/media-frags/#naming-space
 */
export function writeStoryboard(
  sheet: string,
  layout: SheetLayout,
  startsMs: readonly number[],
  endMs: number,
): string {
  const { tile, columns } = layout
  const cues = startsMs.map((startMs, i) => {
    const x = (i % columns) * tile.width
    const y = Math.floor(i / columns) * tile.height
    const times = `${timeOf(startMs)} --> ${timeOf(startsMs[i + 1] ?? Math.max(endMs, startMs + 1))}`
    return `${times}\n${sheet}#xywh=${x},${y},${tile.width},${tile.height}\n`
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

function timeOf(ms: number): string {
  const whole = Math.round(ms)
  const pad = (value: number, digits = 2): string => String(Math.floor(value)).padStart(digits, '0')
  return `${pad(whole / 3_600_000)}:${pad((whole / 60_000) % 60)}:${pad((whole / 1000) % 60)}.${pad(whole % 1000, 3)}`
}
