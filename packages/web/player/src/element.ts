import { canDecode, mediaSource } from './engine.ts'
import { ENGINE_NAMES, isEngineName } from './engine-names.ts'
import type { EngineName } from './engine-names.ts'
import { engineFactory } from './engines.ts'
import { overlayText } from './overlay.ts'
import type { OverlayAction } from './overlay.ts'
import { PlaybackSession } from './session.ts'
import { sourceUrls } from './sources.ts'
import type { SourceUrls } from './sources.ts'
import type { PlayerState, PlayerStats } from './state.ts'
import { STYLES } from './styles.ts'
import { TEMPLATE } from './template.ts'

const STATS_MS = 1_000
const IDLE_MS = 2_500
/** Behind the edge by more than this, the Live button goes grey; for HLS it is more than the usual three segments. */
const AT_EDGE_MS: Readonly<Record<EngineName, number>> = { flv: 4_000, 'ws-flv': 4_000, hls: 15_000, webrtc: 2_000 }

/**
 * `<live-player>`: plays a live stream, muted until the viewer unmutes, and keeps playing.
 *
 * Attributes: `stream` (`app/name`), `vhost`, `base` (root URL of the node, default the page's origin), or explicit
 * `src-flv`, `src-ws-flv`, `src-hls`, `src-webrtc` (WHEP); `token` of who may watch; `engine` (`flv`, `ws-flv`, `hls` or `webrtc`; default the first that has a URL and can play here).
 * Events: `live-state` (CustomEvent<PlayerState>), `live-stats` (CustomEvent<PlayerStats>, once a second),
 * `live-engine` (CustomEvent<EngineName>: the viewer chose another engine; the attribute has changed).
 * Style: custom properties `--player-accent`, `--player-live`, `--player-radius`, `--player-max-height`.
 */
export class LivePlayer extends HTMLElement {
  static readonly observedAttributes = [
    'stream',
    'vhost',
    'base',
    'token',
    'src-flv',
    'src-ws-flv',
    'src-hls',
    'src-webrtc',
    'engine',
  ]

  readonly #root: ShadowRoot
  readonly #video: HTMLVideoElement
  readonly #frame: HTMLElement
  #session: PlaybackSession | undefined
  #urls: SourceUrls = {}
  #stats: PlayerStats | undefined
  #ticker: ReturnType<typeof setInterval> | undefined
  #idle: ReturnType<typeof setTimeout> | undefined
  #restarting = false

  constructor() {
    super()
    this.#root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLES)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.innerHTML = TEMPLATE
    this.#video = this.#part('video')
    this.#frame = this.#part('.frame')
    // The attribute alone doesn't mute an element whose markup was set by script.
    this.#video.muted = true
    this.#bindControls()
  }

  /** The engine in use. */
  get engine(): EngineName {
    const wanted = this.getAttribute('engine')
    if (isEngineName(wanted)) return wanted
    const names: readonly EngineName[] = mediaSource() ? ENGINE_NAMES : ['hls']
    return names.find((name) => this.#urls[name]) ?? names[0] ?? 'hls'
  }

  set engine(name: EngineName) {
    this.setAttribute('engine', name)
  }

  get state(): PlayerState {
    return this.#session?.state ?? { type: 'idle' }
  }

  /** The last measurement, undefined before the first. */
  get stats(): PlayerStats | undefined {
    return this.#stats
  }

  get muted(): boolean {
    return this.#video.muted
  }

  set muted(muted: boolean) {
    this.#video.muted = muted
  }

  /** Plays on from the live edge after `pause` or when the browser wanted a gesture. */
  play(): void {
    this.#session?.resume()
  }

  pause(): void {
    this.#session?.pause()
  }

  /** Tries again at once if it waits for the stream or for a connection. */
  nudge(): void {
    this.#session?.nudge()
  }

  connectedCallback(): void {
    this.#ticker = setInterval(() => this.#measure(), STATS_MS)
    this.#restart()
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticker)
    clearTimeout(this.#idle)
    this.#session?.close()
    this.#session = undefined
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== after && this.isConnected) this.#restart()
  }

  /** Runs after all attributes of one change are set. */
  #restart(): void {
    if (this.#restarting) return
    this.#restarting = true
    queueMicrotask(() => {
      this.#restarting = false
      this.#session?.close()
      this.#session = undefined
      this.#stats = undefined
      if (this.isConnected) this.#start()
    })
  }

  #start(): void {
    this.#urls = sourceUrls(
      {
        stream: this.getAttribute('stream'),
        vhost: this.getAttribute('vhost'),
        base: this.getAttribute('base'),
        flv: this.getAttribute('src-flv'),
        wsFlv: this.getAttribute('src-ws-flv'),
        hls: this.getAttribute('src-hls'),
        webrtc: this.getAttribute('src-webrtc'),
        token: this.getAttribute('token'),
      },
      document.baseURI,
    )
    const { engine } = this
    const url = this.#urls[engine]
    if (!url) return this.#onState({ type: 'idle' })
    this.#session = new PlaybackSession({
      video: this.#video,
      url,
      token: this.getAttribute('token') ?? undefined,
      open: engineFactory(engine, this.#video),
      onState: (state) => this.#onState(state),
    })
  }

  #onState(state: PlayerState): void {
    const { engine } = this
    const others = ENGINE_NAMES.filter((name) => name !== engine && this.#urls[name] && this.#mayHelp(name, state))
    const text = overlayText(state, engine, others)
    const overlay = this.#part('.overlay')
    overlay.classList.toggle('free', text === undefined)
    overlay.classList.toggle('soft', state.type === 'buffering')
    if (text) {
      this.#part('.spinner').hidden = !text.busy
      this.#part('.title').textContent = text.title
      this.#part('.text').textContent = text.text ?? ''
      this.#part('.actions').replaceChildren(...text.actions.map((action) => this.#actionButton(action)))
    }
    this.#updateControls()
    this.#wake()
    this.dispatchEvent(new CustomEvent('live-state', { detail: state }))
  }

  /** The FLV engines decode what Media Source Extensions do; HLS may be the browser's own, and WebRTC has decoders of its own. */
  #mayHelp(name: EngineName, state: PlayerState): boolean {
    if (state.type !== 'failed' || state.failure.reason !== 'codec') return true
    return name === 'hls' || name === 'webrtc' || canDecode('video', state.failure.codec)
  }

  #actionButton(action: OverlayAction): HTMLButtonElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = action.label
    button.addEventListener('click', () => {
      if (action.type === 'engine') this.#choose(action.engine)
      else if (action.type === 'play') this.#session?.resume()
      else this.#session?.retryNow()
    })
    return button
  }

  #choose(engine: EngineName): void {
    this.engine = engine
    this.dispatchEvent(new CustomEvent('live-engine', { detail: engine }))
  }

  #measure(): void {
    const session = this.#session
    if (!session) return
    const { totalVideoFrames: decodedFrames, droppedVideoFrames: droppedFrames } = this.#video.getVideoPlaybackQuality()
    const engine = session.engineStats()
    const before = this.#stats?.decodedFrames
    this.#stats = {
      engine: this.engine,
      state: session.state.type,
      decodedFrames,
      droppedFrames,
      frameRate: before === undefined || decodedFrames < before ? null : decodedFrames - before,
      delayMs: engine.delayMs ?? null,
      bitrateBps: engine.bitrateBps ?? null,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      videoCodec: engine.videoCodec ?? null,
      audioCodec: engine.audioCodec ?? null,
      network: engine.network ?? null,
    }
    this.#updateControls()
    this.dispatchEvent(new CustomEvent('live-stats', { detail: this.#stats }))
  }

  #bindControls(): void {
    const on = (selector: string, listener: () => void): void =>
      this.#part(selector).addEventListener('click', listener)
    on('.toggle', () => this.#toggle())
    on('.mute', () => this.#toggleMute())
    on('.unmute', () => this.#toggleMute())
    on('.live', () => this.#session?.goLive())
    on('.pip', () => void this.#togglePip())
    on('.full', () => void this.#toggleFullscreen())
    on('video', () => this.#wake())
    const volume = this.#part<HTMLInputElement>('.volume')
    volume.addEventListener('input', () => {
      this.#video.volume = Number(volume.value)
      this.#video.muted = this.#video.volume === 0
    })
    this.#video.addEventListener('dblclick', () => void this.#toggleFullscreen())
    for (const event of ['volumechange', 'loadedmetadata']) {
      this.#video.addEventListener(event, () => this.#updateControls())
    }
    for (const event of ['pointermove', 'pointerdown', 'focusin'])
      this.#frame.addEventListener(event, () => this.#wake())
    this.addEventListener('keydown', (event) => this.#onKey(event))
    this.#part('.pip').hidden = !document.pictureInPictureEnabled
  }

  /** Keys of the element. @returns whether it was one: pages can pass keys pressed elsewhere to it. */
  handleKey(key: string): boolean {
    const actions: Readonly<Record<string, () => void>> = {
      k: () => this.#toggle(),
      m: () => this.#toggleMute(),
      l: () => this.#session?.goLive(),
      p: () => void this.#togglePip(),
      f: () => void this.#toggleFullscreen(),
    }
    const action = actions[key.toLowerCase()]
    action?.()
    return action !== undefined
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (this.handleKey(event.key)) event.preventDefault()
  }

  #toggle(): void {
    const { type } = this.state
    if (type === 'paused' || type === 'blocked') this.#session?.resume()
    else if (type === 'failed') this.#session?.retryNow()
    else this.#session?.pause()
  }

  #toggleMute(): void {
    this.#video.muted = !this.#video.muted
    if (!this.#video.muted && this.#video.volume === 0) this.#video.volume = 0.5
  }

  async #togglePip(): Promise<void> {
    // Refused without a picture or a gesture: then nothing happens, as with the browser's own controls.
    await (
      document.pictureInPictureElement ? document.exitPictureInPicture() : this.#video.requestPictureInPicture()
    ).catch(() => undefined)
  }

  async #toggleFullscreen(): Promise<void> {
    const video = this.#video as HTMLVideoElement & { webkitEnterFullscreen?: () => void }
    if (!document.fullscreenEnabled) video.webkitEnterFullscreen?.()
    else if (document.fullscreenElement) await document.exitFullscreen()
    else await this.#frame.requestFullscreen().catch(() => undefined)
  }

  #updateControls(): void {
    const video = this.#video
    const { type } = this.state
    const stopped = type === 'paused' || type === 'blocked' || type === 'failed' || type === 'idle'
    press(this.#part('.toggle'), stopped, stopped ? 'Play' : 'Pause')
    press(this.#part('.mute'), video.muted, video.muted ? 'Unmute' : 'Mute')
    this.#part<HTMLInputElement>('.volume').value = String(video.muted ? 0 : video.volume)
    this.#part('.unmute').hidden = !(type === 'playing' && video.muted)
    const atEdge = type === 'playing' && (this.#stats?.delayMs ?? 0) < AT_EDGE_MS[this.engine]
    this.#part('.live').classList.toggle('at-edge', atEdge)
    this.#part('.live').ariaLabel = atEdge ? 'Live' : 'Go to live'
    this.#part('.audio-only').hidden = !(type === 'playing' && video.readyState >= 2 && video.videoWidth === 0)
  }

  /** Shows the controls, and hides them again after a while without the pointer. */
  #wake(): void {
    clearTimeout(this.#idle)
    this.#frame.classList.remove('idle')
    if (this.state.type !== 'playing') return
    this.#idle = setTimeout(() => this.#frame.classList.add('idle'), IDLE_MS)
  }

  #part<T extends HTMLElement>(selector: string): T {
    return this.#root.querySelector<T>(selector) as T
  }
}

function press(button: HTMLElement, pressed: boolean, label: string): void {
  button.ariaPressed = String(pressed)
  button.ariaLabel = label
}

/** Registers `<live-player>`. Idempotent. */
export function defineLivePlayer(): void {
  if (!customElements.get('live-player')) customElements.define('live-player', LivePlayer)
}
