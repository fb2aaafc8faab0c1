import { WhipPublisher, type PublishState } from '@millrace/player/webrtc'

import { byId, setText } from '../dom.ts'
import { formatRoute } from '../route.ts'
import { cameraPermission, capture, release, type CaptureFailure } from './capture.ts'
import { NumbersView } from './numbers-view.ts'
import { SettingsForm } from './settings-form.ts'
import { ASK_FIRST, captureMessage, publishMessage, type Message } from './words.ts'

const BADGES: Readonly<Record<PublishState['type'], string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  failed: 'Off air',
}

/** The page: what is captured is seen at once, and published on demand. */
class PublishPage {
  readonly #form = new SettingsForm({
    captured: () => void this.#capture(),
    submitted: () => void this.#start(),
  })
  readonly #numbers = new NumbersView(byId('numbers'))
  readonly #preview = byId<HTMLVideoElement>('preview')
  readonly #vhost: string | undefined
  #media: MediaStream | undefined
  #publisher: WhipPublisher | undefined
  #awake: WakeLockSentinel | undefined
  /** Tells an earlier wish for picture and sound from the present one. */
  #captureId = 0
  #muted = { audio: false, video: false }

  constructor(search: URLSearchParams) {
    this.#vhost = search.get('vhost') || undefined
    const stream = search.get('stream')
    if (stream) this.#form.stream = stream
    byId('message-action').addEventListener('click', () => void this.#capture())
    byId('stop').addEventListener('click', () => this.#stop())
    byId('mute').addEventListener('click', () => this.#toggle('audio'))
    byId('hide').addEventListener('click', () => this.#toggle('video'))
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#form.listDevices())
    document.addEventListener('visibilitychange', () => void this.#stayAwake())
    void this.#greet()
  }

  /** Who has allowed it before sees the picture at once; nobody is asked before they ask. */
  async #greet(): Promise<void> {
    if (!navigator.mediaDevices) return this.#say(captureMessage('insecure'))
    const state = await cameraPermission(() => this.#media || void this.#greet())
    if (state === 'granted') return void this.#capture()
    this.#say(state === 'denied' ? captureMessage('denied') : ASK_FIRST)
  }

  /** Takes picture and sound as the form says, into what is published as well. */
  async #capture(): Promise<void> {
    const id = ++this.#captureId
    const result = await capture(this.#form.settings.capture)
    if (id !== this.#captureId) return release('media' in result ? result.media : undefined)
    // devices have names from now on
    void this.#form.listDevices()
    if ('failure' in result) return this.#captureFailed(result.failure)
    const { media } = result
    release(this.#media)
    this.#media = media
    this.#preview.srcObject = media
    this.#preview.play().catch(() => undefined)
    this.#say(undefined)
    for (const track of media.getTracks()) {
      track.addEventListener('ended', () => this.#trackEnded(track))
      void this.#publisher?.replace(track)
    }
    this.#applyMutes()
  }

  /** What is published goes on as it was. */
  #captureFailed(failure: CaptureFailure): void {
    if (!this.#publisher) this.#drop()
    this.#say(captureMessage(failure))
  }

  /** The browser ended it: the user stopped sharing, or pulled the plug. */
  #trackEnded(track: MediaStreamTrack): void {
    if (!this.#media?.getTracks().includes(track)) return
    const shared = track.kind === 'video' && this.#form.settings.capture.source === 'screen'
    this.#stop()
    this.#drop()
    this.#say(captureMessage(shared ? 'cancelled' : 'missing'))
  }

  #drop(): void {
    release(this.#media)
    this.#media = undefined
    this.#preview.srcObject = null
    this.#applyMutes()
  }

  async #start(): Promise<void> {
    if (this.#publisher) return
    if (!this.#media) await this.#capture()
    const media = this.#media
    if (!media || this.#publisher) return
    const { stream, key, videoCodec, maxBitrateBps, simulcast } = this.#form.settings
    this.#say(undefined)
    setText(byId('title'), stream)
    byId<HTMLAnchorElement>('watch-link').href = formatRoute({
      stream,
      vhost: this.#vhost,
      token: undefined,
      via: 'webrtc',
    })
    this.#publisher = new WhipPublisher({
      url: whipUrl(stream, this.#vhost),
      token: key,
      media,
      videoCodec,
      maxBitrateBps,
      simulcast,
      onState: (state) => this.#onState(state),
      onStats: (stats) => {
        byId('numbers').hidden = false
        this.#numbers.show(stats)
      },
    })
    this.#form.lock(true)
    this.#showRunning(true)
    void this.#stayAwake()
  }

  #stop(): void {
    this.#publisher?.close()
    this.#publisher = undefined
    this.#form.lock(false)
    this.#showRunning(false)
    this.#showBadge('failed')
    byId('numbers').hidden = true
    void this.#awake?.release()
    this.#awake = undefined
    if (this.#media) this.#say(undefined)
  }

  #onState(state: PublishState): void {
    if (state.type === 'failed') {
      this.#stop()
      return this.#say(publishMessage(state.failure))
    }
    this.#showBadge(state.type)
    if (state.type !== 'reconnecting') return this.#say(undefined)
    const { title, text = '' } = publishMessage(state.failure)
    this.#say({ title, text: `${text} Trying again (attempt ${state.attempt}).` })
  }

  #toggle(kind: 'audio' | 'video'): void {
    this.#muted[kind] = !this.#muted[kind]
    this.#applyMutes()
  }

  #applyMutes(): void {
    for (const [kind, id] of [
      ['audio', 'mute'],
      ['video', 'hide'],
    ] as const) {
      const tracks = this.#media?.getTracks().filter((track) => track.kind === kind) ?? []
      for (const track of tracks) track.enabled = !this.#muted[kind]
      const button = byId<HTMLButtonElement>(id)
      button.disabled = tracks.length === 0
      button.ariaPressed = String(this.#muted[kind])
    }
  }

  #showRunning(running: boolean): void {
    byId('start').hidden = running
    byId('stop').hidden = !running
    // focus doesn't fall off the page with the button that had it
    if (document.activeElement === document.body) byId(running ? 'stop' : 'start').focus()
  }

  #showBadge(type: PublishState['type']): void {
    setText(byId('badge'), BADGES[type])
    byId('badge').classList.toggle('on', type === 'live')
    byId('watch-link').hidden = type !== 'live'
  }

  #say(message: Message | undefined): void {
    byId('message').hidden = message === undefined
    setText(byId('message-title'), message?.title ?? '')
    setText(byId('message-text'), message?.text ?? '')
    const action = byId('message-action')
    action.hidden = message?.action === undefined
    setText(action, message?.action ?? '')
  }

  /** A phone that falls asleep stops its camera. The lock is lost whenever the page is hidden. */
  async #stayAwake(): Promise<void> {
    if (!this.#publisher || document.hidden) return
    this.#awake = await navigator.wakeLock?.request('screen').catch(() => undefined)
  }
}

function whipUrl(stream: string, vhost: string | undefined): string {
  const path = stream.split('/').map(encodeURIComponent).join('/')
  const query = vhost === undefined ? '' : `?vhost=${encodeURIComponent(vhost)}`
  return new URL(`/${path}/whip${query}`, location.href).href
}

new PublishPage(new URLSearchParams(location.search))
