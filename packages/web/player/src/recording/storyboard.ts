/** A picture of a storyboard: a part of a sheet. */
export interface Tile {
  /** On the player's clock, seconds. */
  startS: number
  endS: number
  /** Absolute URL of the sheet. */
  sheet: string
  /** Pixels within the sheet. */
  x: number
  y: number
  width: number
  height: number
}

/** A day has 8,640 pictures, one each ten seconds. */
const MAX_TILES = 20_000

/**
 * The pictures of a WebVTT storyboard, in order; what can't be read is left out.
 *
 * @param url of the storyboard: sheets are relative to it
 * @see W3C WebVTT §4; Media Fragments URI 1.0 §4.2.2 (`xywh`)
 */
export function parseStoryboard(text: string, url: string): Tile[] {
  const tiles: Tile[] = []
  const cues = /^([\d:.]+)[ \t]+-->[ \t]+([\d:.]+).*\r?\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/gm
  for (const [, start = '', end = '', name = '', ...box] of text.matchAll(cues)) {
    const sheet = URL.parse(name, url)?.href
    const [x = 0, y = 0, width = 0, height = 0] = box.map(Number)
    const [startS, endS] = [secondsOf(start), secondsOf(end)]
    if (sheet && endS > startS && width > 0 && height > 0) tiles.push({ startS, endS, sheet, x, y, width, height })
    if (tiles.length === MAX_TILES) break
  }
  return tiles
}

/** The picture of a position, undefined where there is none. */
export function tileAt(tiles: readonly Tile[], positionS: number): Tile | undefined {
  let [low, high] = [0, tiles.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tiles[middle]?.endS ?? 0) > positionS) high = middle
    else low = middle + 1
  }
  const tile = tiles[low]
  return tile && tile.startS <= positionS ? tile : undefined
}

/** `01:02:03.500`, `02:03.500`; NaN for anything else. */
function secondsOf(time: string): number {
  const match = /^(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(time)
  return match ? Number(match[1] ?? 0) * 3600 + Number(match[2]) * 60 + Number(match[3]) : Number.NaN
}
