import { codecLabel, type SentLayer, type SentStats } from '@millrace/player/webrtc'

import { element } from '../dom.ts'
import { FactList } from '../fact-list.ts'
import { formatBitrate, formatMs, formatRatio, formatSize, NONE } from '../format.ts'
import { limitLabel } from './words.ts'

const FACTS = ['codec', 'resolution', 'bitrate', 'round trip', 'loss', 'quality'] as const

/** What is sent, once a second. */
export class NumbersView {
  readonly #facts = new FactList(FACTS)
  readonly #rows = element('tbody')
  readonly #layers = element(
    'table',
    { className: 'layers', hidden: true },
    element('caption', {}, 'Simulcast layers'),
    element('thead', {}, element('tr', {}, ...['Layer', 'Resolution', 'Frames/s', 'Bitrate'].map(heading))),
    this.#rows,
  )

  constructor(root: HTMLElement) {
    root.replaceChildren(this.#facts.root, this.#layers)
  }

  show(stats: SentStats): void {
    const facts = this.#facts
    const [video, audio] = [stats.videoCodec, stats.audioCodec].map((codec) => (codec ? codecLabel(codec) : undefined))
    const best = stats.layers[0]
    facts.set('codec', video ?? audio ?? NONE, video === undefined ? 'no video' : (audio ?? 'no audio'))
    facts.set('resolution', formatSize(best?.width, best?.height), best?.frameRate ? `${best.frameRate} frames/s` : '')
    facts.set('bitrate', formatBitrate(stats.bitrateBps), stats.layers.length > 1 ? 'of all layers' : '')
    facts.set('round trip', formatMs(stats.rttMs), waysOf(stats))
    facts.set('loss', formatRatio(stats.lossRatio), `${stats.nacks.toLocaleString('en')} NACKs`)
    const limits = [...new Set(stats.layers.map(({ limitation }) => limitLabel(limitation)))].filter(Boolean)
    facts.set('quality', limits.length > 0 ? 'Limited' : 'Full', limits.join(', '))
    this.#layers.hidden = stats.layers.length < 2
    this.#rows.replaceChildren(...stats.layers.map(row))
  }
}

function waysOf({ jitterMs, path }: SentStats): string {
  return [jitterMs === null ? '' : `jitter ${formatMs(jitterMs)}`, path === null ? '' : `by ${path}`]
    .filter(Boolean)
    .join(', ')
}

function row({ rid, width, height, frameRate, bitrateBps }: SentLayer): HTMLTableRowElement {
  const cells = [formatSize(width, height), String(frameRate ?? NONE), formatBitrate(bitrateBps)]
  return element('tr', {}, element('th', { scope: 'row' }, rid), ...cells.map((text) => element('td', {}, text)))
}

const heading = (text: string): HTMLElement => element('th', { scope: 'col' }, text)
