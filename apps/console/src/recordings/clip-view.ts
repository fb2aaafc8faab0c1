import { formatDuration, formatTime, type Marks } from '@millrace/player/recording'

import { element, setText } from '../dom.ts'
import type { Clip } from './control-api.ts'
import { clipText } from './words.ts'

export interface ClipActions {
  make: (title: string | null) => void
  remove: (clip: Clip) => void
  clearMarks: () => void
}

/** The form that makes a clip of what is marked, and the clips there are. */
export class ClipView {
  readonly root: HTMLElement
  readonly #range = element('p', { className: 'range' })
  readonly #title = element('input', { id: 'clip-title', name: 'title', maxLength: 200, autocomplete: 'off' })
  readonly #make = element('button', { type: 'submit', className: 'primary' }, 'Make clip')
  readonly #clear = element('button', { type: 'button', className: 'copy' }, 'Clear marks')
  readonly #list = element('ul', { className: 'links clips' })
  readonly #actions: ClipActions
  #shown = ''

  constructor(actions: ClipActions) {
    this.#actions = actions
    const label = element('label', { htmlFor: 'clip-title' }, 'Title of the clip')
    const form = element(
      'form',
      { className: 'clip' },
      this.#range,
      label,
      element('div', { className: 'row' }, this.#title, this.#make, this.#clear),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      actions.make(this.#title.value.trim() || null)
      form.reset()
    })
    this.#clear.addEventListener('click', () => actions.clearMarks())
    this.root = element('section', { className: 'clipping' }, element('h2', {}, 'Clips'), form, this.#list)
  }

  showMarks({ inMs, outMs }: Marks, busy: boolean): void {
    const [from, to] = [inMs === undefined ? '…' : formatTime(inMs), outMs === undefined ? '…' : formatTime(outMs)]
    const complete = inMs !== undefined && outMs !== undefined && outMs > inMs
    const marked = complete ? `${from} – ${to} (${formatDuration((outMs - inMs) / 1000)})` : `${from} – ${to}`
    const none = inMs === undefined && outMs === undefined
    setText(this.#range, none ? 'Mark where a clip begins and ends: I and O, or the buttons of the player.' : marked)
    this.#make.disabled = !complete || busy
    this.#clear.hidden = none
  }

  showClips(clips: readonly Clip[]): void {
    const key = JSON.stringify(clips.map(({ id, status, title, url }) => [id, status, title, url !== null]))
    if (key === this.#shown) return
    this.#shown = key
    this.#list.replaceChildren(...clips.map((clip) => this.#item(clip)))
  }

  #item(clip: Clip): HTMLLIElement {
    const name = clip.title ?? `${formatTime(Date.parse(clip.from))} – ${formatTime(Date.parse(clip.to))}`
    const remove = element(
      'button',
      { type: 'button', className: 'copy', ariaLabel: `Delete the clip ${name}` },
      'Delete',
    )
    remove.disabled = clip.status === 'processing'
    remove.addEventListener('click', () => this.#actions.remove(clip))
    const download =
      clip.url === null
        ? element('span', { className: 'copy none' }, clip.status === 'failed' ? 'Failed' : 'Being made…')
        : element('a', { className: 'copy', href: clip.url, ariaLabel: `Download the clip ${name}` }, 'Download')
    const facts = element('span', {}, clipText(clip))
    return element('li', {}, element('strong', {}, name), facts, download, remove)
  }
}
