import { formatDuration } from '@millrace/player/recording'

import { byId, element, setText } from '../dom.ts'
import type { Recording } from './control-api.ts'
import { formatBytes, formatDay, progressText, statusLabel } from './words.ts'

interface Card {
  item: HTMLLIElement
  link: HTMLAnchorElement
  name: HTMLElement
  status: HTMLElement
  details: HTMLElement
  progress: HTMLElement
  bar: HTMLProgressElement
}

/** The list of recordings. Cards are kept across updates, so focus stays where it is. */
export class ListView {
  readonly #list = byId('cards')
  readonly #cards = new Map<string, Card>()

  show(recordings: readonly Recording[], chosen: string | undefined): void {
    const ids = new Set(recordings.map(({ id }) => id))
    for (const [id, { item }] of this.#cards) {
      if (ids.has(id)) continue
      item.remove()
      this.#cards.delete(id)
    }
    recordings.forEach((recording, i) => {
      const card = this.#cards.get(recording.id) ?? this.#add(recording.id)
      update(card, recording, recording.id === chosen)
      if (this.#list.children[i] !== card.item) this.#list.insertBefore(card.item, this.#list.children[i] ?? null)
    })
    byId('empty').hidden = recordings.length > 0
  }

  #add(id: string): Card {
    const [name, status] = [element('strong', { className: 'name' }), element('span', { className: 'status' })]
    const [details, progress] = [element('span', { className: 'details' }), element('span', { className: 'progress' })]
    const bar = element('progress', { max: 100, ariaLabel: 'Finishing' })
    const link = element('a', { href: `?recording=${id}` }, name, status, details, progress, bar)
    link.dataset['recording'] = id
    const card = { item: element('li', {}, link), link, name, status, details, progress, bar }
    this.#cards.set(id, card)
    return card
  }
}

function update(card: Card, recording: Recording, chosen: boolean): void {
  const { title, id, started_at: startedAt, duration_s: duration, size_bytes: bytes, gaps, progress } = recording
  card.link.ariaCurrent = chosen ? 'true' : null
  setText(card.name, title ?? formatDay(startedAt))
  setText(card.status, statusLabel(recording))
  card.status.dataset['status'] = recording.status
  const holes = gaps.length === 0 ? '' : `${gaps.length} gap${gaps.length === 1 ? '' : 's'}`
  const day = title === null ? id.slice(-6) : formatDay(startedAt)
  setText(card.details, [day, formatDuration(duration), formatBytes(bytes), holes].filter(Boolean).join(' · '))
  setText(card.progress, progressText(recording))
  card.bar.hidden = progress.finish_percent === null
  card.bar.value = progress.finish_percent ?? 0
}
