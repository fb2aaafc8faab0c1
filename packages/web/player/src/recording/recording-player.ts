import type { Failure } from '../state.ts'
import { formatDuration, formatTime } from './clock-text.ts'
import { parseStoryboard } from './storyboard.ts'
import { STYLES } from './styles.ts'
import { TEMPLATE } from './template.ts'
import { Timeline, type TimelineGap } from './timeline.ts'
import { openRecording, type VodEngine } from './vod-engine.ts'
import { positionAt, type Stretch, wallAt } from './wall-clock.ts'

/** What a recording player plays. Times are on the wall clock, milliseconds since the epoch. */
export interface RecordingSource {
  /** URL of its HLS playlist. */
  url: string
  startMs: number
  /** Of one that grows: now. */
  endMs: number
  gaps: readonly TimelineGap[]
  /** URL of a WebVTT storyboard. */
  storyboardUrl?: string | undefined
}

/** What is marked to be cut out, wall clock; undefined where nothing is marked. */
export interface Marks {
  inMs: number | undefined
  outMs: number | undefined
}

const SHORT_STEP_S = 5
const STEP_S = 10
const LONG_STEP_S = 60

/**
 * `<recording-player>`: plays a recording on a timeline of the wall clock, with its gaps, pictures under the pointer, and marks
 * to cut it by. Set `source`; `marks` may be set and read.
 *
 * Event: `recording-marks` (CustomEvent<Marks>: the viewer marked). Style: `--player-accent`, `--player-mark`,
 * `--player-radius`, `--player-max-height`.
 */
export class RecordingPlayer extends HTMLElement {
  readonly #root: ShadowRoot
  readonly #video: HTMLVideoElement
  readonly #timeline: Timeline
  #source: RecordingSource | undefined
  #engine: VodEngine | undefined
  #stretches: readonly Stretch[] = []
  #growing = false
  #marks: Marks = { inMs: undefined, outMs: undefined }
  /** Counts what was opened: what comes late of something else is not for us. */
  #opened = 0

  constructor() {
    super()
    this.#root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLES)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.innerHTML = TEMPLATE
    this.#video = this.#part('video')
    this.#timeline = new Timeline({
      root: this.#part('.timeline'),
      onSeek: (wallMs) => this.seekTo(wallMs),
      positionOf: (wallMs) => positionAt(this.#stretches, wallMs),
    })
    this.#bind()
  }

  get source(): RecordingSource | undefined {
    return this.#source
  }

  /** A source with the same URL goes on playing: only its facts are shown anew. */
  set source(source: RecordingSource | undefined) {
    const before = this.#source
    this.#source = source
    if (source?.url !== before?.url) this.#reopen()
    if (source?.storyboardUrl !== before?.storyboardUrl) void this.#loadStoryboard()
    this.#show()
  }

  get marks(): Marks {
    return this.#marks
  }

  set marks(marks: Marks) {
    this.#marks = marks
    this.#show()
  }

  /** Wall clock of what is shown; undefined before anything is known. */
  get wallMs(): number | undefined {
    return wallAt(this.#stretches, this.#video.currentTime)
  }

  /** Shows a moment; where there are no media, the next that there are. */
  seekTo(wallMs: number): void {
    const position = positionAt(this.#stretches, wallMs)
    if (position !== undefined) this.#video.currentTime = position
  }

  connectedCallback(): void {
    this.#reopen()
  }

  disconnectedCallback(): void {
    this.#close()
  }

  #close(): void {
    this.#opened++
    this.#engine?.close()
    this.#engine = undefined
    this.#stretches = []
  }

  #reopen(): void {
    this.#close()
    const { url } = this.#source ?? {}
    if (!this.isConnected || url === undefined) return
    const opened = this.#opened
    this.#say('Loading…')
    const current = (): boolean => opened === this.#opened
    void openRecording(this.#video, url, {
      onMedia: (stretches, growing) => {
        if (!current()) return
        this.#stretches = stretches
        this.#growing = growing
        this.#show()
      },
      onFailure: (failure) => {
        if (current()) this.#say(failureText(failure))
      },
    }).then(
      (engine) => {
        if (current()) this.#engine = engine
        else engine.close()
      },
      () => this.#say(failureText({ reason: 'network' })),
    )
  }

  async #loadStoryboard(): Promise<void> {
    const url = this.#source?.storyboardUrl
    this.#timeline.tiles = []
    if (url === undefined) return
    // pictures are a help, not a need
    const text = await fetch(url).then(
      (response) => (response.ok ? response.text() : ''),
      () => '',
    )
    if (this.#source?.storyboardUrl === url) this.#timeline.tiles = parseStoryboard(text, url)
  }

  #bind(): void {
    const on = (selector: string, listener: () => void): void =>
      this.#part(selector).addEventListener('click', listener)
    on('.toggle', () => this.#toggle())
    on('video', () => this.#toggle())
    on('.back', () => this.#step(-STEP_S))
    on('.forward', () => this.#step(STEP_S))
    on('.mute', () => this.#toggleMute())
    on('.mark-in', () => this.#mark('inMs'))
    on('.mark-out', () => this.#mark('outMs'))
    on('.full', () => void this.#toggleFullscreen())
    const speed = this.#part<HTMLSelectElement>('select')
    speed.addEventListener('change', () => (this.#video.playbackRate = Number(speed.value)))
    for (const event of ['timeupdate', 'seeking', 'play', 'pause', 'volumechange', 'durationchange']) {
      this.#video.addEventListener(event, () => this.#show())
    }
    this.#video.addEventListener('waiting', () => this.#say('Loading…'))
    for (const event of ['playing', 'canplay', 'seeked']) this.#video.addEventListener(event, () => this.#say(''))
    this.#part('.timeline').addEventListener('keydown', (event) => this.#onTimelineKey(event))
    this.addEventListener('keydown', (event) => this.#onKey(event))
  }

  /** Keys of the element. @returns whether it was one: pages can pass keys pressed elsewhere to it. */
  handleKey(key: string): boolean {
    const actions: Readonly<Record<string, () => void>> = {
      k: () => this.#toggle(),
      j: () => this.#step(-STEP_S),
      l: () => this.#step(STEP_S),
      m: () => this.#toggleMute(),
      i: () => this.#mark('inMs'),
      o: () => this.#mark('outMs'),
      f: () => void this.#toggleFullscreen(),
    }
    const action = actions[key.toLowerCase()]
    action?.()
    return action !== undefined
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    // letters choose in a list
    if (event.composedPath()[0] instanceof HTMLSelectElement) return
    if (this.handleKey(event.key)) event.preventDefault()
  }

  #onTimelineKey(event: KeyboardEvent): void {
    const step = event.shiftKey ? LONG_STEP_S : SHORT_STEP_S
    const { startMs, endMs } = this.#source ?? { startMs: 0, endMs: 0 }
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#step(-step),
      ArrowDown: () => this.#step(-step),
      ArrowRight: () => this.#step(step),
      ArrowUp: () => this.#step(step),
      PageDown: () => this.#step(-LONG_STEP_S),
      PageUp: () => this.#step(LONG_STEP_S),
      Home: () => this.seekTo(startMs),
      End: () => this.seekTo(endMs),
      ' ': () => this.#toggle(),
    }
    const action = actions[event.key]
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return
    action()
    event.preventDefault()
  }

  #toggle(): void {
    const video = this.#video
    if (!video.paused) video.pause()
    // refused without a gesture, or when it is closed meanwhile: then it stays paused, and says so
    else void video.play().catch(() => undefined)
  }

  #step(seconds: number): void {
    const { seekable, currentTime } = this.#video
    const endS = seekable.length > 0 ? seekable.end(seekable.length - 1) : currentTime
    this.#video.currentTime = Math.min(Math.max(0, currentTime + seconds), endS)
  }

  #toggleMute(): void {
    this.#video.muted = !this.#video.muted
  }

  #mark(which: keyof Marks): void {
    const { wallMs } = this
    if (wallMs === undefined) return
    const marks = { ...this.#marks, [which]: wallMs }
    // marks the wrong way round are a new beginning, or a new end
    const crossed = marks.inMs !== undefined && marks.outMs !== undefined && marks.inMs >= marks.outMs
    if (crossed) marks[which === 'inMs' ? 'outMs' : 'inMs'] = undefined
    this.marks = marks
    this.dispatchEvent(new CustomEvent<Marks>('recording-marks', { detail: marks }))
  }

  async #toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen()
    else
      await this.#part('.frame')
        .requestFullscreen()
        .catch(() => undefined)
  }

  #show(): void {
    const source = this.#source
    const { paused, muted } = this.#video
    press(this.#part('.toggle'), paused, paused ? 'Play' : 'Pause')
    press(this.#part('.mute'), muted, muted ? 'Unmute' : 'Mute')
    if (!source) return
    const last = this.#stretches.at(-1)
    const knownEndMs = last === undefined ? 0 : last.wallMs + (last.endS - last.startS) * 1000
    const startMs = Math.min(source.startMs, this.#stretches[0]?.wallMs ?? source.startMs)
    const endMs = this.#growing ? knownEndMs : Math.max(source.endMs, knownEndMs)
    const { wallMs } = this
    this.#timeline.show({ startMs, endMs, gaps: source.gaps, atMs: wallMs, marks: this.#marks })
    this.#part('.at').textContent = formatDuration(((wallMs ?? startMs) - startMs) / 1000)
    this.#part('.of').textContent = ` / ${formatDuration((endMs - startMs) / 1000)}`
    this.#part('.wall').textContent = wallMs === undefined ? '' : formatTime(wallMs)
  }

  #say(text: string): void {
    const message = this.#part('.message')
    message.hidden = text === ''
    if (message.textContent !== text) message.textContent = text
  }

  #part<T extends HTMLElement>(selector: string): T {
    return this.#root.querySelector<T>(selector) as T
  }
}

function press(button: HTMLElement, pressed: boolean, label: string): void {
  button.ariaPressed = String(pressed)
  button.ariaLabel = label
}

function failureText(failure: Failure): string {
  switch (failure.reason) {
    case 'not-found':
      return 'There is nothing to play here (any more).'
    case 'forbidden':
      return 'The right to see this is over. Load the page again.'
    case 'codec':
      return `This browser can’t play ${failure.codec || 'its codec'}. Download it instead.`
    case 'unsupported':
      return 'This browser can’t play HLS.'
    case 'network':
    case 'stalled':
    case 'ice':
      return 'The storage can’t be reached. If it is a bucket, it must allow pages of other origins (CORS).'
    case 'media':
      return 'The media can’t be read.'
  }
}

/** Registers `<recording-player>`. Idempotent. */
export function defineRecordingPlayer(): void {
  if (!customElements.get('recording-player')) customElements.define('recording-player', RecordingPlayer)
}
