import { defineRecordingPlayer, type Marks } from '@millrace/player/recording'

import { byId, setText } from '../dom.ts'
import { controlUrl, signedIn, signIn, signOut } from './account.ts'
import { type Clip, type ControlApi, ControlError, type Recording } from './control-api.ts'
import { ListView } from './list-view.ts'
import { WatchView } from './watch-view.ts'

/** What changes by itself, progress and clips among them, is asked for as often. */
const POLL_MS = 3000
const NO_MARKS: Marks = { inMs: undefined, outMs: undefined }

/** Wires address bar, sign-in, list and player together. */
class RecordingsPage {
  readonly #list = new ListView()
  readonly #watch: WatchView
  #api: ControlApi | undefined
  #recordings: readonly Recording[] = []
  #next: string | null = null
  #chosen: string | undefined
  #clips: readonly Clip[] = []
  #making = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Counts what was asked for: answers to something older don't count. */
  #asked = 0

  constructor() {
    this.#watch = new WatchView(
      {
        make: (title) => void this.#try(() => this.#makeClip(title)),
        remove: (clip) => void this.#try(() => this.#removeClip(clip)),
        clearMarks: () => this.#watch.showMarks(NO_MARKS, false),
      },
      (marks) => this.#watch.showMarks(marks, this.#making),
    )
    this.#bind()
    this.#chosen = chosenIn(location.search)
    this.#enter(signedIn())
  }

  #bind(): void {
    const form = byId<HTMLFormElement>('sign-in')
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const token = byId<HTMLInputElement>('api-token').value.trim()
      this.#enter(signIn(byId<HTMLInputElement>('control-url').value.trim(), token))
      form.reset()
    })
    byId('sign-out').addEventListener('click', () => this.#leave())
    byId('more').addEventListener('click', () => void this.#try(() => this.#loadMore()))
    byId('cards').addEventListener('click', (event) => this.#onCard(event))
    addEventListener('popstate', () => this.#choose(chosenIn(location.search), false))
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#poll()
    })
    document.addEventListener('keydown', (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target !== document.body || !this.#watch.player.source) return
      if (this.#watch.player.handleKey(event.key === ' ' ? 'k' : event.key)) event.preventDefault()
    })
  }

  #onCard(event: MouseEvent): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[data-recording]') : null
    if (!link) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    this.#choose(link.dataset['recording'], true)
  }

  /** Shows the list of whoever is signed in; undefined asks for a token. */
  #enter(api: ControlApi | undefined): void {
    this.#api = api
    byId('sign-in').hidden = api !== undefined
    byId('layout').hidden = api === undefined
    byId('account').hidden = api === undefined
    setText(byId('account-url'), api?.url ?? '')
    if (api) return this.#poll()
    byId<HTMLInputElement>('control-url').value = controlUrl()
    byId('api-token').focus()
  }

  #leave(): void {
    clearTimeout(this.#timer)
    this.#asked++
    signOut()
    this.#recordings = []
    this.#watch.hide()
    this.#list.show([], undefined)
    this.#enter(undefined)
  }

  #choose(id: string | undefined, focus: boolean): void {
    this.#chosen = id
    this.#clips = []
    this.#watch.showMarks(NO_MARKS, false)
    if (id === undefined) this.#watch.hide()
    this.#list.show(this.#recordings, id)
    void this.#try(() => this.#loadChosen(focus))
    if (focus) scrollTo({ top: 0 })
  }

  /** Asks at once, and then again and again while the page is visible. */
  #poll(): void {
    clearTimeout(this.#timer)
    void this.#try(async () => {
      await this.#loadList()
      await this.#loadChosen(false)
    }).then(() => {
      if (!document.hidden && this.#api) this.#timer = setTimeout(() => this.#poll(), POLL_MS)
    })
  }

  async #loadList(): Promise<void> {
    const asked = this.#asked
    const page = await this.#api?.recordings()
    if (!page || asked !== this.#asked) return
    const ids = new Set(page.data.map(({ id }) => id))
    const last = page.data.at(-1)?.id ?? ''
    // what was shown beyond the first page stays
    const older = this.#recordings.filter(({ id }) => !ids.has(id) && id < last)
    if (older.length === 0) this.#next = page.next
    this.#recordings = [...page.data, ...older]
    this.#showList()
  }

  async #loadMore(): Promise<void> {
    if (this.#next === null) return
    const page = await this.#api?.recordings(this.#next)
    if (!page) return
    this.#recordings = [...this.#recordings, ...page.data]
    this.#next = page.next
    this.#showList()
  }

  #showList(): void {
    this.#list.show(this.#recordings, this.#chosen)
    byId('more').hidden = this.#next === null
  }

  async #loadChosen(focus: boolean): Promise<void> {
    const [api, id] = [this.#api, this.#chosen]
    if (!api || id === undefined) return
    const [recording, playback, clips] = await Promise.all([api.recording(id), api.playback(id), api.clips(id)])
    if (this.#chosen !== id || this.#api !== api) return
    this.#watch.show(recording, playback, focus)
    this.#clips = clips.data
    this.#watch.showClips(this.#clips)
    this.#watch.showMarks(this.#watch.player.marks, this.#making)
    document.title = `${recording.title ?? 'Recording'} – Millrace`
  }

  async #makeClip(title: string | null): Promise<void> {
    const { inMs, outMs } = this.#watch.player.marks
    if (!this.#api || this.#chosen === undefined || inMs === undefined || outMs === undefined) return
    this.#making = true
    this.#watch.showMarks({ inMs, outMs }, true)
    try {
      const [from, to] = [new Date(inMs).toISOString(), new Date(outMs).toISOString()]
      const clip = await this.#api.makeClip({ recording_id: this.#chosen, from, to, title })
      this.#clips = [clip, ...this.#clips]
      this.#watch.showClips(this.#clips)
      this.#watch.showMarks(NO_MARKS, false)
    } finally {
      this.#making = false
    }
  }

  async #removeClip(clip: Clip): Promise<void> {
    await this.#api?.deleteClip(clip.id)
    this.#clips = this.#clips.filter(({ id }) => id !== clip.id)
    this.#watch.showClips(this.#clips)
  }

  /** Does something, and tells when it fails; a token that is refused is asked for anew. */
  async #try(work: () => Promise<void>): Promise<void> {
    const notice = byId('notice')
    try {
      await work()
      notice.hidden = true
    } catch (error) {
      if (!(error instanceof ControlError)) throw error
      setText(notice, error.message)
      notice.hidden = false
      if (error.status === 401) this.#leave()
    }
  }
}

const chosenIn = (search: string): string | undefined => new URLSearchParams(search).get('recording') ?? undefined

defineRecordingPlayer()
void new RecordingsPage()
