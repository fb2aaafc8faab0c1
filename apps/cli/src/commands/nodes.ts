import { answerOf, rows, type components } from '@millrace/client'

import { expectWords, readArguments } from '../arguments.ts'
import { verbs, type Command } from '../command.ts'
import { clientOf } from '../context.ts'
import { printRows, type Columns } from '../output.ts'

type Node = components['schemas']['Node']

const USAGE = `millrace nodes list [--json]
millrace nodes drain NODE [--json]`

const COLUMNS: Columns<Node> = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['region', ({ region }) => region],
  ['state', ({ state }) => state],
  ['streams', ({ load }) => load?.streams],
  ['players', ({ load }) => load?.players],
  ['cpu', ({ load }) => (load ? `${Math.round(load.cpu * 100)} %` : '')],
  ['last seen', ({ last_seen_at: at }) => at],
  ['rtmp', ({ addresses }) => addresses.rtmp],
]

const list: Command = async (args, context) => {
  expectWords(readArguments(args, {}, USAGE).words, [], USAGE)
  const client = clientOf(context)
  const all = rows((cursor) => answerOf(client.GET('/v1/nodes', { params: { query: { limit: 100, ...cursor } } })))
  printRows(context, COLUMNS, await Array.fromAsync(all))
  return 0
}

const drain: Command = async (args, context) => {
  const [id = ''] = expectWords(readArguments(args, {}, USAGE).words, ['NODE'], USAGE)
  const { id: job, status } = await answerOf(
    clientOf(context).POST('/v1/nodes/{id}:drain', { params: { path: { id } } }),
  )
  if (context.json) context.print(`${JSON.stringify({ job, status })}\n`)
  else context.print(`${id} is being drained: ${job} (${status})\n`)
  return 0
}

/** `millrace nodes …` */
export const nodes: Command = verbs(USAGE, { list, drain })
