import { answerOf, rows, type components } from '@millrace/client'

import { expectWords, readArguments, textOption } from '../arguments.ts'
import { verbs, type Command } from '../command.ts'
import { clientOf, type Context } from '../context.ts'
import { findStream } from '../find-stream.ts'
import { printDone, printFields, printRows, type Columns } from '../output.ts'

type Stream = components['schemas']['Stream']

const USAGE = `millrace streams list [--status live] [--json]
millrace streams create [APP/]NAME [--vhost V] [--title T] [--json]
millrace streams get|delete|enable|disable|disconnect STREAM [--json]`

const COLUMNS: Columns<Stream> = [
  ['id', ({ id }) => id],
  ['stream', ({ app, name }) => `${app}/${name}`],
  ['vhost', ({ vhost }) => vhost],
  ['status', ({ status }) => status],
  ['title', ({ title }) => title],
]

const FIELDS: Columns<Stream> = [
  ...COLUMNS,
  ['enabled', ({ enabled }) => (enabled ? 'yes' : 'no')],
  ['playback', ({ playback_ids: ids }) => ids.map(({ id, policy }) => `${id} (${policy})`).join(' ')],
  ['session', ({ current_session_id: session }) => session],
  ['created', ({ created_at: at }) => at],
]

const list: Command = async (args, context) => {
  const given = readArguments(args, { status: { type: 'string' } }, USAGE)
  expectWords(given.words, [], USAGE)
  const status = textOption(given, 'status') as Stream['status'] | undefined
  const client = clientOf(context)
  const all = rows((cursor) => {
    const query = { limit: 100, ...cursor, ...(status === undefined ? {} : { status }) }
    return answerOf(client.GET('/v1/streams', { params: { query } }))
  })
  printRows(context, COLUMNS, await Array.fromAsync(all))
  return 0
}

const create: Command = async (args, context) => {
  const given = readArguments(args, { vhost: { type: 'string' }, title: { type: 'string' } }, USAGE)
  const [address = ''] = expectWords(given.words, ['[APP/]NAME'], USAGE)
  const slash = address.lastIndexOf('/')
  const vhost = textOption(given, 'vhost')
  const title = textOption(given, 'title')
  const body = {
    name: address.slice(slash + 1),
    ...(slash < 0 ? {} : { app: address.slice(0, slash) }),
    ...(vhost === undefined ? {} : { vhost }),
    ...(title === undefined ? {} : { title }),
  }
  printFields(context, FIELDS, await answerOf(clientOf(context).POST('/v1/streams', { body })))
  return 0
}

const get: Command = async (args, context) => {
  const { client, params } = await streamOf(args, context)
  printFields(context, FIELDS, await answerOf(client.GET('/v1/streams/{id}', { params })))
  return 0
}

const remove: Command = async (args, context) => {
  const { client, params } = await streamOf(args, context)
  await client.DELETE('/v1/streams/{id}', { params })
  printDone(context, `${params.path.id} is deleted`)
  return 0
}

const enable: Command = async (args, context) => {
  const { client, params } = await streamOf(args, context)
  printFields(context, FIELDS, await answerOf(client.POST('/v1/streams/{id}:enable', { params })))
  return 0
}

const disable: Command = async (args, context) => {
  const { client, params } = await streamOf(args, context)
  printFields(context, FIELDS, await answerOf(client.POST('/v1/streams/{id}:disable', { params })))
  return 0
}

const disconnect: Command = async (args, context) => {
  const { client, params } = await streamOf(args, context)
  const { id, status } = await answerOf(client.POST('/v1/streams/{id}:disconnect', { params }))
  if (context.json) context.print(`${JSON.stringify({ job: id, status })}\n`)
  else context.print(`${params.path.id} is being disconnected: ${id} (${status})\n`)
  return 0
}

async function streamOf(args: readonly string[], context: Context) {
  const [given = ''] = expectWords(readArguments(args, {}, USAGE).words, ['STREAM'], USAGE)
  const client = clientOf(context)
  return { client, params: { path: { id: await findStream(client, given) } } }
}

/** `millrace streams …` */
export const streams: Command = verbs(USAGE, { list, create, get, delete: remove, enable, disable, disconnect })
