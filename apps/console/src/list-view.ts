import type { LiveStream } from './api.ts'
import { byId, copyButton, element, setText } from './dom.ts'
import { audioLabel, formatBitrate, formatCount, formatSize, videoLabel } from './format.ts'
import { formatRoute } from './route.ts'
import type { Route } from './route.ts'

interface Card {
  item: HTMLLIElement
  link: HTMLAnchorElement
  name: HTMLElement
  vhost: HTMLElement
  viewers: HTMLElement
  details: HTMLElement
}

/** The list of live streams. Cards are kept across updates, so focus stays where it is. */
export class ListView {
  readonly #list = byId('cards')
  readonly #empty = byId('empty')
  readonly #cards = new Map<string, Card>()

  constructor() {
    this.#empty.replaceChildren(...emptyContent())
  }

  show(streams: readonly LiveStream[], route: Route): void {
    const ids = new Set(streams.map(({ id }) => id))
    for (const [id, { item }] of this.#cards) {
      if (ids.has(id)) continue
      item.remove()
      this.#cards.delete(id)
    }
    streams.forEach((stream, i) => {
      const card = this.#cards.get(stream.id) ?? this.#add(stream.id)
      updateCard(card, stream, route)
      if (this.#list.children[i] !== card.item) this.#list.insertBefore(card.item, this.#list.children[i] ?? null)
    })
    this.#list.hidden = streams.length === 0
    this.#empty.hidden = streams.length > 0
  }

  #add(id: string): Card {
    const name = element('strong', { className: 'name' })
    const vhost = element('span', { className: 'vhost' })
    const viewers = element('span', { className: 'viewers' })
    const details = element('span', { className: 'details' })
    const link = element('a', {}, element('i', { className: 'dot' }), name, viewers, vhost, details)
    link.dataset['link'] = ''
    const card: Card = { item: element('li', {}, link), link, name, vhost, viewers, details }
    this.#cards.set(id, card)
    return card
  }
}

function updateCard({ link, name, vhost, viewers, details }: Card, stream: LiveStream, route: Route): void {
  const chosen = stream.path === route.stream && stream.vhost === route.vhost
  link.href = formatRoute({ stream: stream.path, vhost: stream.vhost, token: undefined, via: route.via })
  link.ariaCurrent = chosen ? 'true' : null
  setText(name, stream.path)
  setText(vhost, stream.vhost ?? '')
  setText(viewers, formatCount(stream.viewers, 'viewer', 'viewers'))
  const codecs = [videoLabel(stream.video, true), audioLabel(stream.audio, true)].filter(Boolean).join(' + ')
  const size = stream.video?.width ? formatSize(stream.video.width, stream.video.height) : ''
  const bitrate = stream.bitrateBps > 0 ? formatBitrate(stream.bitrateBps) : ''
  setText(details, [codecs, size, bitrate].filter(Boolean).join(' · '))
}

function emptyContent(): Node[] {
  const host = location.hostname
  const command = `ffmpeg -re -i input.mp4 -c copy -f flv rtmp://${host}/live/livestream`
  return [
    element('p', {}, element('strong', {}, 'Nothing is live right now.'), ' This page notices when that changes.'),
    element(
      'p',
      {},
      'Publish from OBS (server ',
      element('code', {}, `rtmp://${host}/live`),
      ', key ',
      element('code', {}, 'livestream'),
      ') or with ffmpeg:',
    ),
    element(
      'div',
      { className: 'command' },
      element('code', {}, command),
      copyButton(() => command, 'Copy the command'),
    ),
  ]
}
