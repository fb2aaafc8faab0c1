import { formatDuration } from '@millrace/player/recording'

import type { Clip, Recording } from './control-api.ts'

const GAP_REASONS: Readonly<Record<Recording['gaps'][number]['reason'], string>> = {
  publisher_away: 'Nobody published',
  node_lost: 'The node was lost',
  storage: 'Could not be stored',
}

/** Why there are no media, and for how long. */
export function gapLabel({ from, to, reason }: Recording['gaps'][number]): string {
  return `${GAP_REASONS[reason]} · ${formatDuration((Date.parse(to) - Date.parse(from)) / 1000)}`
}

const STATUS: Readonly<Record<Recording['status'], string>> = {
  recording: 'Recording',
  uploading: 'Finishing',
  ready: 'Ready',
  partial: 'Partial',
  failed: 'Failed',
  deleted: 'Deleted',
}

/** `Recording`, `Ready`, … */
export const statusLabel = ({ status }: Recording): string => STATUS[status]

/** How far it is on the way to `ready`; empty when there is nothing to wait for. */
export function progressText({ status, progress, error_code: code }: Recording): string {
  const { pending_segments: pending, pending_bytes: bytes, finish_percent: percent } = progress
  const parts: string[] = []
  if (pending > 0) parts.push(`${formatCount(pending, 'segment')} (${formatBytes(bytes)}) to upload`)
  if (percent !== null) parts.push(`finishing ${Math.floor(percent)} %`)
  else if (status === 'uploading' && pending === 0) parts.push('waiting to be finished')
  if (status === 'partial') parts.push('media are missing: see the gaps')
  if (status === 'failed') parts.push(code ?? 'the finish failed')
  return parts.join(' · ')
}

export function clipText({ status, starts_at: startsAt, from, duration_s: duration, size_bytes: bytes }: Clip): string {
  if (status === 'failed') return 'Failed'
  const early = startsAt === null ? 0 : (Date.parse(from) - Date.parse(startsAt)) / 1000
  const start = early > 0.05 ? `begins ${early.toFixed(1)} s earlier, at a key frame` : ''
  const facts = status === 'ready' ? `${formatDuration(duration)} · ${formatBytes(bytes)}` : 'Being made…'
  return [facts, start].filter(Boolean).join(' · ')
}

/** `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(unit > 0 && value < 9.95 ? 1 : 0)} ${units[unit] ?? ''}`
}

/** `23 Nov 2026, 14:03`. */
export function formatDay(moment: string): string {
  return new Date(moment).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
