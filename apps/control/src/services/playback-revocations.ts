import {
  MAX_PLAYBACK_TOKEN_LIFETIME_S,
  type Page,
  type PageQuery,
  type PlaybackRevocation,
  type PlaybackRevocationCreate,
} from '@millrace/contracts'
import { newId, playbackIds, playbackRevocations, projects } from '@millrace/db'
import { and, asc, count, desc, eq, gt } from 'drizzle-orm'

import { failure, RequestInvalid } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { audit, type PublicUnit, type ReadUnit, type WriteUnit } from './unit.ts'

type Row = typeof playbackRevocations.$inferSelect

/** Revocations of a project at a time: each node holds them all. */
const MAX_REVOCATIONS = 10_000
/** Beyond the longest lifetime of a token, for clocks that differ. */
const MARGIN_S = 60

/** Throws `PLAYBACK_ID_NOT_FOUND`, `REVOCATION_LIMIT`, and `REQUEST_INVALID` for a `not_before` that is to come. */
export async function createPlaybackRevocation(
  unit: WriteUnit,
  input: PlaybackRevocationCreate,
): Promise<PlaybackRevocation> {
  const { projectId } = unit.principal
  // one at a time for a project, so that they can be counted
  await unit.db.select().from(projects).where(eq(projects.id, projectId)).for('update')
  if (input.playback_id !== null) await requirePlaybackId(unit, input.playback_id)
  const [existing] = await unit.db
    .select({ count: count() })
    .from(playbackRevocations)
    .where(and(eq(playbackRevocations.projectId, projectId), gt(playbackRevocations.expiresAt, unit.now)))
  if (existing!.count >= MAX_REVOCATIONS) {
    throw failure('REVOCATION_LIMIT', `there may be ${MAX_REVOCATIONS} at a time: revoke the signing key instead`)
  }
  const [row] = await unit.db
    .insert(playbackRevocations)
    .values({
      id: newId('revocation'),
      projectId,
      playbackId: input.playback_id,
      vid: input.vid,
      notBefore: notBeforeOf(unit, input),
      expiresAt: new Date(unit.now.getTime() + (MAX_PLAYBACK_TOKEN_LIFETIME_S + MARGIN_S) * 1000),
    })
    .returning()
  await audit(unit, 'playback_revocation.created', { type: 'playback_revocation', id: row!.id }, input)
  return present(row!)
}

export async function listPlaybackRevocations(unit: ReadUnit, query: PageQuery): Promise<Page<PlaybackRevocation>> {
  const rows = await unit.db
    .select()
    .from(playbackRevocations)
    .where(
      and(
        eq(playbackRevocations.projectId, unit.principal.projectId),
        gt(playbackRevocations.expiresAt, unit.now),
        afterCursor(playbackRevocations.id, query),
      ),
    )
    .orderBy(desc(playbackRevocations.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

/** Takes a revocation back. Throws `REVOCATION_NOT_FOUND`. */
export async function deletePlaybackRevocation(unit: WriteUnit, id: string): Promise<void> {
  const deleted = await unit.db
    .delete(playbackRevocations)
    .where(and(eq(playbackRevocations.id, id), eq(playbackRevocations.projectId, unit.principal.projectId)))
    .returning({ id: playbackRevocations.id })
  if (deleted.length === 0) throw failure('REVOCATION_NOT_FOUND', `no revocation ${id}`)
  await audit(unit, 'playback_revocation.deleted', { type: 'playback_revocation', id })
}

/** Those of all projects that still can hit a token, the oldest first. */
export function validPlaybackRevocations(unit: PublicUnit): Promise<Row[]> {
  return unit.db
    .select()
    .from(playbackRevocations)
    .where(gt(playbackRevocations.expiresAt, unit.now))
    .orderBy(asc(playbackRevocations.id))
}

async function requirePlaybackId(unit: ReadUnit, id: string): Promise<void> {
  const rows = await unit.db
    .select({ id: playbackIds.id })
    .from(playbackIds)
    .where(and(eq(playbackIds.id, id), eq(playbackIds.projectId, unit.principal.projectId)))
  if (rows.length === 0) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
}

function notBeforeOf(unit: WriteUnit, { vid, not_before: notBefore }: PlaybackRevocationCreate): Date | null {
  if (notBefore === null) return vid === null ? unit.now : null
  const moment = new Date(notBefore)
  if (moment <= unit.now) return moment
  // tokens that are yet to be issued could outlive the revocation
  throw new RequestInvalid([{ pointer: '/not_before', code: 'custom', message: 'must not be in the future' }])
}

function present(row: Row): PlaybackRevocation {
  return {
    id: row.id,
    vid: row.vid,
    playback_id: row.playbackId,
    not_before: timestamp(row.notBefore),
    created_at: timestamp(row.createdAt),
    expires_at: timestamp(row.expiresAt),
  }
}
