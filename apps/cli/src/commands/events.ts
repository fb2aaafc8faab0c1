import { setTimeout as delay } from 'node:timers/promises'

import { answerOf, rows, type MillraceClient, type operations } from '@millrace/client'

import { expectWords, readArguments, textOption, type Arguments } from '../arguments.ts'
import { verbs, type Command } from '../command.ts'
import { clientOf } from '../context.ts'

type Query = NonNullable<operations['listEvents']['parameters']['query']>
type Event = operations['listEvents']['responses'][200]['content']['application/json']['data'][number]

const USAGE = `millrace events tail [--type T] [--subject ID] [--after EVENT] [--no-follow] [--json]`

/** Pause between questions. */
const POLL_MS = 500
/** Events that are made at the same time may appear in another order than their ids: so long a newcomer is looked for. */
const SETTLED_MS = 5000
/** Of what was before, so much is printed first. */
const FIRST = 10
/** While it follows, the control plane may be away for a good while. */
const PATIENT = { retries: 1000 }

const tail: Command = async (args, context) => {
  const given = readArguments(
    args,
    {
      type: { type: 'string' },
      subject: { type: 'string' },
      after: { type: 'string' },
      'no-follow': { type: 'boolean' },
    },
    USAGE,
  )
  expectWords(given.words, [], USAGE)
  const query = queryOf(given)
  const printed = new Map<string, number>()
  const show = (event: Event): void => {
    if (printed.has(event.id)) return
    printed.set(event.id, Date.parse(event.timestamp))
    context.print(context.json ? `${JSON.stringify(event)}\n` : line(event))
  }
  let cursor = textOption(given, 'after')
  if (cursor === undefined) for (const event of await newest(clientOf(context), query)) show(event)
  else for await (const event of since(clientOf(context), query, cursor)) show(event)
  if (given.options['no-follow'] === true) return 0
  for (const client = clientOf(context, PATIENT); ; await delay(POLL_MS)) {
    cursor = settled(printed, cursor)
    for await (const event of since(client, query, cursor)) show(event)
  }
}

function queryOf(given: Arguments): Query {
  const type = textOption(given, 'type') as Query['type']
  const subject = textOption(given, 'subject')
  return { ...(type === undefined ? {} : { type }), ...(subject === undefined ? {} : { subject_id: subject }) }
}

async function newest(client: MillraceClient, query: Query): Promise<Event[]> {
  const { data } = await answerOf(client.GET('/v1/events', { params: { query: { ...query, limit: FIRST } } }))
  return data.toReversed()
}

/** Events after the cursor, oldest first. */
function since(client: MillraceClient, query: Query, after: string | undefined): AsyncGenerator<Event> {
  return rows(
    (cursor) =>
      answerOf(client.GET('/v1/events', { params: { query: { ...query, order: 'asc', limit: 100, ...cursor } } })),
    after === undefined ? {} : { after },
  )
}

/** The newest event before which nothing new can come; forgets those before it. */
function settled(printed: Map<string, number>, cursor: string | undefined): string | undefined {
  const newestMs = Math.max(...printed.values())
  const old = [...printed].filter(([, atMs]) => atMs < newestMs - SETTLED_MS).map(([id]) => id)
  const next = old.toSorted().at(-1) ?? cursor
  for (const id of old) if (id !== next) printed.delete(id)
  return next
}

function line({ timestamp, type, subject, data }: Event): string {
  return `${timestamp}  ${type.padEnd(20)}  ${subject.id}  ${JSON.stringify(data)}\n`
}

/** `millrace events …` */
export const events: Command = verbs(USAGE, { tail })
