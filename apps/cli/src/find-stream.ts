import { answerOf, type MillraceClient } from '@millrace/client'
import { CodedError } from '@millrace/core'

/** The id of a stream that is given by id, or by `APP/NAME`. Throws `CLI_STREAM_UNKNOWN`, `CLI_STREAM_AMBIGUOUS`. */
export async function findStream(client: MillraceClient, given: string): Promise<string> {
  const slash = given.lastIndexOf('/')
  if (slash < 0) return given
  const query = { app: given.slice(0, slash), name: given.slice(slash + 1), limit: 2 }
  const { data } = await answerOf(client.GET('/v1/streams', { params: { query } }))
  if (data.length > 1) {
    throw new CodedError('CLI_STREAM_AMBIGUOUS', `several vhosts have a stream ${given}: give its id`)
  }
  if (data[0] === undefined) throw new CodedError('CLI_STREAM_UNKNOWN', `there is no stream ${given}`)
  return data[0].id
}
