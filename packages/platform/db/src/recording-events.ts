import type { EventData, EventType } from '@millrace/contracts'

import { type BroadcastUnit, namesOf } from './broadcasts.ts'
import { appendEvent } from './outbox.ts'
import type { recordings } from './schema.ts'

export type RecordingRow = typeof recordings.$inferSelect

type RecordingEvent = Extract<EventType, `recording.${string}`>

/** What every event of a recording says. */
async function factsOf(unit: BroadcastUnit, row: RecordingRow) {
  const { names } = await namesOf(unit, row.streamId)
  return {
    stream_id: row.streamId,
    ...names,
    title: row.title,
    mode: row.mode,
    format: row.format,
    started_at: row.startedAt.toISOString(),
  }
}

/** What events of a recording that has ended say too. */
export function endedFactsOf(row: RecordingRow) {
  return {
    ended_at: (row.endedAt ?? row.startedAt).toISOString(),
    duration_s: row.durationMs / 1000,
    size_bytes: sizeOf(row),
    segments: row.segments,
  }
}

/** All that is kept of a recording, bytes. */
export function sizeOf({ segmentBytes, files }: Pick<RecordingRow, 'segmentBytes' | 'files'>): number {
  return segmentBytes + files.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Tells an event of a recording: its facts, and `data`. */
export async function tellRecording(
  unit: BroadcastUnit,
  type: RecordingEvent,
  row: RecordingRow,
  data: Record<string, unknown>,
  sessionId?: string,
): Promise<void> {
  await appendEvent(unit.db, {
    projectId: row.projectId,
    type,
    subject: { type: 'recording', id: row.id },
    ...(sessionId === undefined ? {} : { sessionId }),
    timestamp: unit.now,
    data: { ...(await factsOf(unit, row)), ...data } as EventData<RecordingEvent>,
  })
}
