import { streamCreateSchema, streamSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createStream } from '../../services/streams.ts'

/** `POST /v1/streams` */
export const createStreamRoute = command({
  id: 'createStream',
  method: 'post',
  path: '/v1/streams',
  tag: 'Streams',
  summary: 'Create a stream',
  description: 'It gets a public playback id. On a keyed vhost it needs a key before anybody can publish.',
  scope: 'streams:write',
  body: streamCreateSchema,
  answers: { 201: streamSchema },
  async run(unit, { body }) {
    const { value, version } = await createStream(unit, body)
    return created(value, `/v1/streams/${value.id}`, version)
  },
})
