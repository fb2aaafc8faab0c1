import { answerOf, rows, type components } from '@millrace/client'

import { expectWords, numberOption, readArguments, textOption } from '../arguments.ts'
import { verbs, type Command } from '../command.ts'
import { clientOf, type Context } from '../context.ts'
import { findStream } from '../find-stream.ts'
import { printDone, printFields, printRows, type Columns } from '../output.ts'

type Key = components['schemas']['StreamKey']
type NewKey = components['schemas']['StreamKeyCreated']

const USAGE = `millrace keys list STREAM [--json]
millrace keys create STREAM [--name N] [--expires-at TIME] [--json]
millrace keys rotate STREAM [--overlap SECONDS] [--json]
millrace keys revoke STREAM KEY [--json]`

const COLUMNS: Columns<Key> = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['ends in', ({ last4 }) => last4],
  ['state', (key) => stateOf(key)],
  ['last used', ({ last_used_at: at }) => at],
  ['expires', ({ expires_at: at }) => at],
]

const NEW: Columns<NewKey> = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['key', ({ secret }) => secret],
  ['publish', ({ ingest }) => ingest.urls.map(({ url }) => url).join(' ')],
  ['expires', ({ expires_at: at }) => at],
]

function stateOf({ enabled, revoked_at: revoked }: Key): string {
  if (revoked !== null) return 'revoked'
  return enabled ? 'valid' : 'disabled'
}

function printNew(context: Context, key: NewKey): void {
  printFields(context, NEW, key)
  if (!context.json) context.print('\nThe key is shown this once.\n')
}

const list: Command = async (args, context) => {
  const [given = ''] = expectWords(readArguments(args, {}, USAGE).words, ['STREAM'], USAGE)
  const client = clientOf(context)
  const id = await findStream(client, given)
  const all = rows((cursor) =>
    answerOf(client.GET('/v1/streams/{id}/keys', { params: { path: { id }, query: { limit: 100, ...cursor } } })),
  )
  printRows(context, COLUMNS, await Array.fromAsync(all))
  return 0
}

const create: Command = async (args, context) => {
  const given = readArguments(args, { name: { type: 'string' }, 'expires-at': { type: 'string' } }, USAGE)
  const [stream = ''] = expectWords(given.words, ['STREAM'], USAGE)
  const name = textOption(given, 'name')
  const expiresAt = textOption(given, 'expires-at')
  const client = clientOf(context)
  const id = await findStream(client, stream)
  const body = {
    ...(name === undefined ? {} : { name }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  }
  printNew(context, await answerOf(client.POST('/v1/streams/{id}/keys', { params: { path: { id } }, body })))
  return 0
}

const rotate: Command = async (args, context) => {
  const given = readArguments(args, { overlap: { type: 'string' } }, USAGE)
  const [stream = ''] = expectWords(given.words, ['STREAM'], USAGE)
  const overlapS = numberOption(given, 'overlap')
  const client = clientOf(context)
  const id = await findStream(client, stream)
  const body = overlapS === undefined ? {} : { overlap_s: overlapS }
  printNew(context, await answerOf(client.POST('/v1/streams/{id}/keys:rotate', { params: { path: { id } }, body })))
  return 0
}

const revoke: Command = async (args, context) => {
  const [stream = '', key = ''] = expectWords(readArguments(args, {}, USAGE).words, ['STREAM', 'KEY'], USAGE)
  const client = clientOf(context)
  const id = await findStream(client, stream)
  await client.DELETE('/v1/streams/{id}/keys/{key}', { params: { path: { id, key } } })
  printDone(context, `${key} is revoked`)
  return 0
}

/** `millrace keys …` */
export const keys: Command = verbs(USAGE, { list, create, rotate, revoke })
