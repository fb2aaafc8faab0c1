import { codecLabel, ENGINE_LABELS, ENGINE_NAMES } from '@millrace/player'
import type { EngineName, LivePlayer, NetworkStats, PlayerStats } from '@millrace/player'

import type { LiveStream } from './api.ts'
import { byId, copyButton, element, setText } from './dom.ts'
import { FactList } from './fact-list.ts'
import {
  audioLabel,
  formatBitrate,
  formatCount,
  formatDelay,
  formatMs,
  formatRatio,
  formatSize,
  NONE,
  videoLabel,
} from './format.ts'
import type { Route } from './route.ts'

const ENGINE_HINTS: Readonly<Record<EngineName, string>> = {
  flv: 'Lowest delay',
  'ws-flv': 'Lowest delay, over WebSocket',
  hls: 'Plays everywhere, some seconds of delay',
  webrtc: 'Less than a second of delay, if the network lets it through',
}
const FACTS = ['codec', 'resolution', 'bitrate', 'delay', 'viewers', 'frames'] as const
/** Of the network, where the engine measures it. */
const NETWORK_FACTS = ['round trip', 'loss', 'jitter', 'jitter buffer', 'resent', 'freezes'] as const

/** The player with what it plays: title, ways to play, numbers, links for other players. */
export class WatchView {
  readonly #section = byId('watch')
  readonly #player: LivePlayer
  readonly #title = element('h1')
  readonly #badge = element('span', { className: 'badge' })
  readonly #radios = new Map<EngineName, HTMLInputElement>()
  readonly #facts = new FactList(FACTS)
  readonly #network = new FactList(NETWORK_FACTS)
  readonly #links = element('ul', { className: 'links' })
  #route: Route | undefined
  #stream: LiveStream | undefined
  #shownLinks = ''

  constructor(onEngine: (engine: EngineName) => void) {
    this.#player = document.createElement('live-player') as LivePlayer
    this.#player.addEventListener('live-stats', () => this.#showFacts())
    this.#player.addEventListener('live-engine', () => onEngine(this.#player.engine))
    this.#section.replaceChildren(
      this.#player,
      element('div', { className: 'headline' }, this.#title, this.#badge, this.#enginePicker(onEngine)),
      this.#facts.root,
      this.#network.root,
      element('details', { className: 'elsewhere', open: true }, element('summary', {}, 'Play elsewhere'), this.#links),
    )
  }

  get player(): LivePlayer {
    return this.#player
  }

  /** Shows a route, or nothing without one. `stream` is the live stream it names, undefined if it isn't live. */
  show(route: Route, stream: LiveStream | undefined): void {
    this.#section.hidden = !route.stream
    if (!route.stream) {
      this.#player.remove()
      this.#route = route
      return
    }
    const cameUp = stream !== undefined && this.#stream === undefined
    this.#stream = stream
    if (
      this.#route?.stream !== route.stream ||
      this.#route.vhost !== route.vhost ||
      this.#route.via !== route.via ||
      this.#route.token !== route.token
    ) {
      this.#open(route)
    } else if (cameUp) this.#player.nudge()
    if (!this.#player.isConnected) this.#section.prepend(this.#player)
    setText(this.#title, route.stream)
    setText(this.#badge, stream ? 'Live' : 'Offline')
    this.#badge.classList.toggle('on', stream !== undefined)
    this.#showFacts()
    this.#showLinks(route, stream)
  }

  #open(route: Route): void {
    this.#route = route
    set(this.#player, { stream: route.stream, vhost: route.vhost, token: route.token, engine: route.via })
    const radio = this.#radios.get(this.#player.engine)
    if (radio) radio.checked = true
  }

  #enginePicker(onEngine: (engine: EngineName) => void): HTMLElement {
    const picker = element('fieldset', { className: 'engines' }, element('legend', {}, 'Play by'))
    for (const name of ENGINE_NAMES) {
      const radio = element('input', { type: 'radio', name: 'via', value: name })
      radio.addEventListener('change', () => onEngine(name))
      this.#radios.set(name, radio)
      picker.append(element('label', { title: ENGINE_HINTS[name] }, radio, element('span', {}, ENGINE_LABELS[name])))
    }
    return picker
  }

  #showFacts(): void {
    const { stats } = this.#player
    const stream = this.#stream
    const playing = stats && (stats.state === 'playing' || stats.state === 'buffering') ? stats : undefined
    const [video, audio] = codecs(stream, playing)
    if (video) this.#facts.set('codec', video, audio ?? 'no audio')
    else this.#facts.set('codec', audio ?? NONE, audio ? 'no video' : '')
    const width = playing?.width || stream?.video?.width
    const height = playing?.height || stream?.video?.height
    this.#facts.set('resolution', formatSize(width, height), playing?.frameRate ? `${playing.frameRate} frames/s` : '')
    // what is sent over WebRTC may be one of several encodings
    const received = playing?.network ? playing.bitrateBps : null
    this.#facts.set('bitrate', formatBitrate(received || stream?.bitrateBps || (playing?.bitrateBps ?? null)), '')
    this.#facts.set('delay', formatDelay(playing?.delayMs ?? null), playing ? delayNote(playing) : '')
    this.#facts.set('viewers', stream ? stream.viewers.toLocaleString('en') : NONE, '')
    this.#facts.set(
      'frames',
      playing ? playing.decodedFrames.toLocaleString('en') : NONE,
      playing ? formatCount(playing.droppedFrames, 'dropped', 'dropped') : '',
    )
    this.#showNetwork(playing?.network ?? null)
  }

  #showNetwork(network: NetworkStats | null): void {
    this.#network.root.hidden = network === null
    if (!network) return
    const facts = this.#network
    facts.set('round trip', formatMs(network.rttMs), network.path === null ? '' : `by ${network.path}`)
    facts.set('loss', formatRatio(network.lossRatio), 'of packets')
    facts.set('jitter', formatMs(network.jitterMs), '')
    facts.set('jitter buffer', formatMs(network.jitterBufferMs), '')
    facts.set('resent', network.nacks.toLocaleString('en'), 'NACKs')
    facts.set('freezes', network.freezes.toLocaleString('en'), '')
  }

  #showLinks(route: Route, stream: LiveStream | undefined): void {
    const links = playLinks(route, stream)
    const key = JSON.stringify(links)
    if (key === this.#shownLinks) return
    this.#shownLinks = key
    this.#links.replaceChildren(
      ...links.map(([label, url]) =>
        element(
          'li',
          {},
          element('span', {}, label),
          element('code', {}, url),
          copyButton(() => url, `Copy the ${label} link`),
        ),
      ),
    )
  }
}

/** As published; by WebRTC as received, where sound may be of another codec. */
function codecs(stream: LiveStream | undefined, stats: PlayerStats | undefined): (string | undefined)[] {
  const published = [videoLabel(stream?.video ?? null), audioLabel(stream?.audio ?? null)]
  const received = [stats?.videoCodec, stats?.audioCodec].map((codec) => (codec ? codecLabel(codec) : undefined))
  const [first, second] = stats?.network ? [received, published] : [published, received]
  return first.map((label, i) => label ?? second[i])
}

/** By WebRTC it is the network's and the jitter buffer's alone. */
const delayNote = ({ network }: PlayerStats): string => (network ? 'on the way' : 'behind live')

/** Links for VLC, ffplay and others: the server's, or its usual forms while the stream isn't live. */
function playLinks({ stream, vhost }: Route, live: LiveStream | undefined): [string, string][] {
  const query = vhost ? `?vhost=${encodeURIComponent(vhost)}` : ''
  const path = `/${(stream ?? '').split('/').map(encodeURIComponent).join('/')}`
  const absolute = (url: string): string => URL.parse(url, location.href)?.href ?? url
  const links: [string, string | undefined][] = [
    ['RTMP', live?.urls.rtmp],
    ['HTTP-FLV', live?.urls.flv ?? `${path}.flv${query}`],
    ['HLS', live?.urls.hls ?? `${path}.m3u8${query}`],
    ['WHEP', `${path}/whep${query}`],
  ]
  return links.flatMap(([label, url]) => (url ? [[label, absolute(url)]] : []))
}

function set(node: HTMLElement, attributes: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) node.removeAttribute(name)
    else if (node.getAttribute(name) !== value) node.setAttribute(name, value)
  }
}
