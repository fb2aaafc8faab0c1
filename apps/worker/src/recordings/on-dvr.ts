import type { AddressGuard } from '@millrace/address-guard'
import { ServiceError } from '@millrace/core'
import { mediaSegments, recordings, sessions, storages, streams, takes, vhosts, type Db } from '@millrace/db'
import { guardedPost } from '@millrace/webhooks'
import { desc, eq } from 'drizzle-orm'

import type { Attempt, JobType } from '../work/job-type.ts'

const TIMEOUT_MS = 15_000

/**
 * Job `recording.on_dvr`: tells a backend that is called as SRS does, which must answer `0` or `{"code": 0}`.
 *
 * SRS: `cwd` is the place of the storage and `file` the key in it, as the file isn't on the disk of the node.
 *
 * @see https://ossrs.net/lts/en-us/docs/v4/doc/http-callback
 */
export const onDvrJob = (guard: AddressGuard): JobType => ({
  async run(attempt) {
    const call = await callOf(attempt.db, attempt.job.subjectId)
    if (call !== undefined) await post(attempt, call, guard)
    return undefined
  },
  failed: async () => {},
})

interface Call {
  url: string
  body: Record<string, string>
}

/** Undefined when there is nobody to tell any more, or nothing to tell of. */
async function callOf(db: Db, recordingId: string): Promise<Call | undefined> {
  const [row] = await db
    .select({
      recording: recordings,
      location: storages.location,
      hook: vhosts.admissionHook,
      names: { vhost: vhosts.name, app: streams.app, stream: streams.name },
    })
    .from(recordings)
    .innerJoin(storages, eq(storages.id, recordings.storageId))
    .innerJoin(streams, eq(streams.id, recordings.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(eq(recordings.id, recordingId))
  const file = ['mp4', 'flv', 'hls'].flatMap((type) => row?.recording.files.filter((one) => one.type === type) ?? [])[0]
  if (row?.hook == null || file === undefined || row.recording.status === 'deleted') return undefined
  const session = await lastSession(db, recordingId)
  return {
    url: row.hook.url,
    body: {
      server_id: session?.nodeId ?? '',
      action: 'on_dvr',
      client_id: session?.id ?? '',
      ip: session?.client.ip ?? '',
      ...row.names,
      param: '',
      cwd: placeOf(row.location),
      file: `./${file.key}`,
    },
  }
}

async function lastSession(db: Db, recordingId: string): Promise<typeof sessions.$inferSelect | undefined> {
  const [row] = await db
    .select({ session: sessions })
    .from(mediaSegments)
    .innerJoin(takes, eq(takes.id, mediaSegments.takeId))
    .innerJoin(sessions, eq(sessions.id, takes.sessionId))
    .where(eq(mediaSegments.recordingId, recordingId))
    .orderBy(desc(mediaSegments.startsAt))
    .limit(1)
  return row?.session
}

function placeOf(location: typeof storages.$inferSelect.location): string {
  const root = location.type === 'local' ? location.directory : `s3://${location.bucket}`
  return [root, location.prefix]
    .map((part) => part.replace(/\/+$/, ''))
    .filter((part) => part !== '')
    .join('/')
}

/** Throws as `guardedPost` does, and ServiceError `ON_DVR_REFUSED` for any answer but yes. */
async function post({ signal }: Attempt, { url, body }: Call, guard: AddressGuard): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await guardedPost({ url, headers, body: JSON.stringify(body), timeoutMs: TIMEOUT_MS, signal }, guard)
  const accepted = answer.statusCode === 200 || answer.statusCode === 201
  if (accepted && answer.complete && saysYes(answer.excerpt)) return
  throw new ServiceError('ON_DVR_REFUSED', 'the backend did not accept on_dvr', {
    details: { status: answer.statusCode },
  })
}

function saysYes(text: string): boolean {
  if (text === '0') return true
  try {
    const answer = JSON.parse(text) as unknown
    return typeof answer === 'object' && answer !== null && 'code' in answer && answer.code === 0
  } catch {
    return false
  }
}
