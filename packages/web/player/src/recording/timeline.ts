import { formatDuration, formatTime, spokenDuration } from './clock-text.ts'
import { type Tile, tileAt } from './storyboard.ts'

/** A time without media, milliseconds since the epoch. */
export interface TimelineGap {
  fromMs: number
  toMs: number
  /** For people: why. */
  label: string
}

/** What a timeline shows, on the wall clock. */
export interface TimelineView {
  startMs: number
  endMs: number
  gaps: readonly TimelineGap[]
  /** Where it plays; undefined while that is unknown. */
  atMs: number | undefined
  /** What is marked to be cut. */
  marks: { inMs: number | undefined; outMs: number | undefined }
}

export interface TimelineOptions {
  /** `.timeline` of the template. */
  root: HTMLElement
  /** The viewer chose a moment. */
  onSeek: (wallMs: number) => void
  /** Position of a moment on the player's clock, for its picture. */
  positionOf: (wallMs: number) => number | undefined
}

/** Longest side of the picture over the pointer, pixels. */
const PREVIEW_PX = 200

/** A slider over the time of a recording: gaps, marks, and a picture of what is under the pointer. */
export class Timeline {
  readonly #options: TimelineOptions
  readonly #track: HTMLElement
  readonly #preview: HTMLElement
  readonly #picture: HTMLElement
  #view: TimelineView = {
    startMs: 0,
    endMs: 0,
    gaps: [],
    atMs: undefined,
    marks: { inMs: undefined, outMs: undefined },
  }
  #tiles: readonly Tile[] = []
  #shownGaps: readonly TimelineGap[] | undefined

  constructor(options: TimelineOptions) {
    this.#options = options
    const { root } = options
    this.#track = part(root, '.track')
    this.#preview = part(root, '.preview')
    this.#picture = part(root, '.picture')
    root.addEventListener('pointerdown', (event) => this.#onDown(event))
    root.addEventListener('pointermove', (event) => this.#onMove(event))
    root.addEventListener('pointerleave', () => (this.#preview.hidden = true))
  }

  /** The pictures shown under the pointer. */
  set tiles(tiles: readonly Tile[]) {
    this.#tiles = tiles
  }

  show(view: TimelineView): void {
    const spanChanged = view.startMs !== this.#view.startMs || view.endMs !== this.#view.endMs
    this.#view = view
    const { root } = this.#options
    const { startMs, endMs, atMs, marks } = view
    if (spanChanged || this.#shownGaps !== view.gaps) this.#showGaps(view.gaps)
    const played = part(root, '.played')
    played.style.width = this.#percent(atMs ?? startMs)
    part(root, '.thumb').style.left = this.#percent(atMs ?? startMs)
    const cut = part(root, '.cut')
    cut.hidden = marks.inMs === undefined && marks.outMs === undefined
    this.#place(cut, marks.inMs ?? startMs, marks.outMs ?? endMs)
    const seconds = ((atMs ?? startMs) - startMs) / 1000
    root.ariaValueMax = String(Math.round((endMs - startMs) / 1000))
    root.ariaValueNow = String(Math.round(seconds))
    root.ariaValueText = `${formatTime(atMs ?? startMs)}, ${spokenDuration(seconds)} from the start`
  }

  #showGaps(gaps: readonly TimelineGap[]): void {
    this.#shownGaps = gaps
    const nodes = gaps.map((gap) => {
      const node = document.createElement('i')
      node.className = 'gap'
      this.#place(node, gap.fromMs, gap.toMs)
      return node
    })
    part(this.#track, '.gaps').replaceChildren(...nodes)
  }

  #place(node: HTMLElement, fromMs: number, toMs: number): void {
    node.style.left = this.#percent(fromMs)
    node.style.right = `calc(100% - ${this.#percent(toMs)})`
  }

  #percent(wallMs: number): string {
    const { startMs, endMs } = this.#view
    const share = endMs > startMs ? (wallMs - startMs) / (endMs - startMs) : 0
    return `${(Math.min(1, Math.max(0, share)) * 100).toFixed(3)}%`
  }

  #momentAt(clientX: number): number {
    const { left, width } = this.#track.getBoundingClientRect()
    const share = width > 0 ? Math.min(1, Math.max(0, (clientX - left) / width)) : 0
    return this.#view.startMs + share * (this.#view.endMs - this.#view.startMs)
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#options.root.setPointerCapture(event.pointerId)
    this.#options.onSeek(this.#momentAt(event.clientX))
  }

  #onMove(event: PointerEvent): void {
    const moment = this.#momentAt(event.clientX)
    if (event.buttons === 1 && this.#options.root.hasPointerCapture(event.pointerId)) this.#options.onSeek(moment)
    this.#showPreview(moment)
  }

  #showPreview(wallMs: number): void {
    const gap = this.#view.gaps.find(({ fromMs, toMs }) => fromMs <= wallMs && wallMs < toMs)
    const seconds = (wallMs - this.#view.startMs) / 1000
    part(this.#preview, '.moment').textContent = `${formatTime(wallMs)} · ${formatDuration(seconds)}`
    part(this.#preview, '.why').textContent = gap?.label ?? ''
    this.#preview.hidden = false
    this.#showPicture(gap ? undefined : this.#tileOf(wallMs))
    const share = Number.parseFloat(this.#percent(wallMs)) / 100
    // never over the edges of the timeline
    const free = this.#track.clientWidth - this.#preview.offsetWidth
    const left = share * this.#track.clientWidth - this.#preview.offsetWidth / 2
    this.#preview.style.left = `${Math.min(Math.max(0, left), Math.max(0, free))}px`
  }

  #tileOf(wallMs: number): Tile | undefined {
    const positionS = this.#options.positionOf(wallMs)
    return positionS === undefined ? undefined : tileAt(this.#tiles, positionS)
  }

  #showPicture(tile: Tile | undefined): void {
    this.#picture.hidden = tile === undefined
    if (!tile) return
    const { style } = this.#picture
    const scale = Math.min(1, PREVIEW_PX / Math.max(tile.width, tile.height))
    style.width = `${tile.width}px`
    style.height = `${tile.height}px`
    style.zoom = String(scale)
    style.backgroundImage = `url(${JSON.stringify(tile.sheet)})`
    style.backgroundPosition = `-${tile.x}px -${tile.y}px`
  }
}

function part(root: ParentNode, selector: string): HTMLElement {
  return root.querySelector(selector) as HTMLElement
}
