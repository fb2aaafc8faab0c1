import { answerOf, rows, type components } from '@millrace/client'

import { expectWords, readArguments, textOption } from '../arguments.ts'
import { verbs, type Command } from '../command.ts'
import { clientOf, type Context } from '../context.ts'
import { findStream } from '../find-stream.ts'
import { printFields, printRows, type Columns } from '../output.ts'

type Recording = components['schemas']['Recording']

const USAGE = `millrace recordings list [--stream STREAM] [--status ready] [--json]
millrace recordings start STREAM [--title T] [--format mp4] [--json]
millrace recordings get|stop|split RECORDING [--json]`

const COLUMNS: Columns<Recording> = [
  ['id', ({ id }) => id],
  ['stream', ({ stream_id: stream }) => stream],
  ['status', ({ status }) => status],
  ['started', ({ started_at: at }) => at],
  ['seconds', ({ duration_s: seconds }) => seconds.toFixed(1)],
  ['MB', ({ size_bytes: bytes }) => (bytes / 1e6).toFixed(1)],
  ['waiting', ({ progress }) => (progress.pending_segments === 0 ? '' : `${progress.pending_segments} segments`)],
  ['title', ({ title }) => title],
]

const FIELDS: Columns<Recording> = [
  ...COLUMNS,
  ['ended', ({ ended_at: at }) => at],
  ['format', ({ format }) => format],
  ['gaps', ({ gaps }) => gaps.map(({ from, to, reason }) => `${from} to ${to} (${reason})`).join(', ')],
  ['files', ({ files }) => files.map(({ key }) => key).join(' ')],
  ['playback', ({ playback_ids: ids }) => ids.map(({ id, policy }) => `${id} (${policy})`).join(' ')],
  ['expires', ({ expires_at: at }) => at],
  ['error', ({ error_code: code }) => code],
]

const list: Command = async (args, context) => {
  const given = readArguments(args, { stream: { type: 'string' }, status: { type: 'string' } }, USAGE)
  expectWords(given.words, [], USAGE)
  const client = clientOf(context)
  const stream = textOption(given, 'stream')
  const status = textOption(given, 'status') as Recording['status'] | undefined
  const query = {
    limit: 100,
    ...(stream === undefined ? {} : { stream_id: await findStream(client, stream) }),
    ...(status === undefined ? {} : { status }),
  }
  const all = rows((cursor) => answerOf(client.GET('/v1/recordings', { params: { query: { ...query, ...cursor } } })))
  printRows(context, COLUMNS, await Array.fromAsync(all))
  return 0
}

const start: Command = async (args, context) => {
  const given = readArguments(args, { title: { type: 'string' }, format: { type: 'string' } }, USAGE)
  const [stream = ''] = expectWords(given.words, ['STREAM'], USAGE)
  const client = clientOf(context)
  const title = textOption(given, 'title')
  const format = textOption(given, 'format') as Recording['format'] | undefined
  const body = { ...(title === undefined ? {} : { title }), ...(format === undefined ? {} : { format }) }
  const path = { id: await findStream(client, stream) }
  printFields(context, FIELDS, await answerOf(client.POST('/v1/streams/{id}/recordings', { params: { path }, body })))
  return 0
}

const get: Command = async (args, context) => {
  const { client, params } = recordingOf(args, context)
  printFields(context, FIELDS, await answerOf(client.GET('/v1/recordings/{id}', { params })))
  return 0
}

const stop: Command = async (args, context) => {
  const { client, params } = recordingOf(args, context)
  printFields(context, FIELDS, await answerOf(client.POST('/v1/recordings/{id}:stop', { params })))
  return 0
}

const split: Command = async (args, context) => {
  const { client, params } = recordingOf(args, context)
  const { ended, started } = await answerOf(client.POST('/v1/recordings/{id}:split', { params }))
  printRows(context, COLUMNS, [ended, started])
  return 0
}

function recordingOf(args: readonly string[], context: Context) {
  const [id = ''] = expectWords(readArguments(args, {}, USAGE).words, ['RECORDING'], USAGE)
  return { client: clientOf(context), params: { path: { id } } }
}

/** `millrace recordings …` */
export const recordings: Command = verbs(USAGE, { list, start, get, stop, split })
