import {
  formatDuration,
  formatTime,
  type Marks,
  type RecordingPlayer,
  type TimelineGap,
} from '@millrace/player/recording'

import { byId, element, setText } from '../dom.ts'
import { ClipView, type ClipActions } from './clip-view.ts'
import type { Clip, Recording, RecordingPlayback } from './control-api.ts'
import { formatBytes, formatDay, gapLabel, progressText, statusLabel } from './words.ts'

const DOWNLOADS: readonly [type: string, label: string][] = [
  ['mp4', 'Download MP4'],
  ['flv', 'Download FLV'],
]

/** The player with what it plays: title, progress, downloads, gaps, clips. */
export class WatchView {
  readonly player: RecordingPlayer
  readonly #section = byId('watch')
  readonly #title = element('h1', { tabIndex: -1 })
  readonly #badge = element('span', { className: 'status' })
  readonly #progress = element('p', { className: 'progress' })
  readonly #downloads = element('p', { className: 'downloads' })
  readonly #facts = element('p', { className: 'details' })
  readonly #gaps = element('ul', { className: 'gap-list' })
  readonly #gapSection = element('section', {}, element('h2', {}, 'Gaps'), this.#gaps)
  readonly #clips: ClipView
  #shownGaps = ''
  #gapsOnTimeline: readonly TimelineGap[] = []

  constructor(actions: ClipActions, onMarks: (marks: Marks) => void) {
    this.player = document.createElement('recording-player') as RecordingPlayer
    this.player.addEventListener('recording-marks', () => onMarks(this.player.marks))
    this.#clips = new ClipView(actions)
    this.#progress.role = 'status'
    this.#section.replaceChildren(
      this.player,
      element('div', { className: 'headline' }, this.#title, this.#badge, this.#downloads),
      this.#progress,
      this.#facts,
      this.#clips.root,
      this.#gapSection,
    )
    this.#section.hidden = true
  }

  /** Shows a recording; `focus` after the viewer chose it. */
  show(recording: Recording, playback: RecordingPlayback, focus: boolean): void {
    this.#section.hidden = false
    this.#showGaps(recording)
    const urlOf = (type: string): string | undefined =>
      playback.urls.find((url) => url.playback_id === null && url.type === type)?.url
    const [hls, before] = [urlOf('hls'), this.player.source]
    const startMs = Date.parse(recording.started_at)
    const endMs = recording.ended_at === null ? Date.now() : Date.parse(recording.ended_at)
    const same = before !== undefined && hls !== undefined && idOf(before.url) === idOf(hls)
    // passes change with every answer: what plays goes on with the one that it has
    this.player.source =
      hls === undefined
        ? undefined
        : {
            url: same ? before.url : hls,
            startMs,
            endMs,
            gaps: this.#gapsOnTimeline,
            storyboardUrl: same ? (before.storyboardUrl ?? urlOf('storyboard')) : urlOf('storyboard'),
          }
    setText(this.#title, recording.title ?? formatDay(recording.started_at))
    setText(this.#badge, statusLabel(recording))
    this.#badge.dataset['status'] = recording.status
    setText(this.#progress, hls === undefined ? 'Nothing of it is in the storage yet.' : progressText(recording))
    const facts = [formatDay(recording.started_at), formatDuration(recording.duration_s), recording.format]
    const kept = recording.expires_at === null ? '' : `kept until ${formatDay(recording.expires_at)}`
    setText(this.#facts, [...facts, formatBytes(recording.size_bytes), kept].filter(Boolean).join(' · '))
    this.#showDownloads(urlOf)
    if (focus) this.#title.focus()
  }

  hide(): void {
    this.#section.hidden = true
    this.player.source = undefined
  }

  showClips(clips: readonly Clip[]): void {
    this.#clips.showClips(clips)
  }

  showMarks(marks: Marks, busy: boolean): void {
    this.player.marks = marks
    this.#clips.showMarks(marks, busy)
  }

  #showDownloads(urlOf: (type: string) => string | undefined): void {
    const links = DOWNLOADS.flatMap(([type, label]) => {
      const url = urlOf(type)
      return url === undefined ? [] : [element('a', { className: 'copy', href: `${url}&download=1` }, label)]
    })
    const shown = [...this.#downloads.children].map(({ textContent }) => textContent).join()
    if (shown !== links.map(({ textContent }) => textContent).join()) this.#downloads.replaceChildren(...links)
  }

  #showGaps({ gaps }: Recording): void {
    this.#gapSection.hidden = gaps.length === 0
    const key = JSON.stringify(gaps)
    if (key === this.#shownGaps) return
    this.#shownGaps = key
    this.#gapsOnTimeline = gaps.map((gap) => ({
      fromMs: Date.parse(gap.from),
      toMs: Date.parse(gap.to),
      label: gapLabel(gap),
    }))
    const items = this.#gapsOnTimeline.map(({ fromMs, toMs, label }) => {
      const button = element(
        'button',
        { type: 'button', className: 'copy' },
        `${formatTime(fromMs)} – ${formatTime(toMs)}`,
      )
      button.addEventListener('click', () => this.player.seekTo(fromMs - 3000))
      return element('li', {}, button, element('span', {}, label))
    })
    this.#gaps.replaceChildren(...items)
  }
}

/** Without what changes from answer to answer. */
const idOf = (url: string): string => url.replace(/\?.*/, '')
