import { playbackRevocationCreateSchema, playbackRevocationSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createPlaybackRevocation } from '../../services/playback-revocations.ts'

/** `POST /v1/playback-revocations` */
export const createPlaybackRevocationRoute = command({
  id: 'createPlaybackRevocation',
  method: 'post',
  path: '/v1/playback-revocations',
  tag: 'Playback',
  summary: 'Shut a viewer out, or end all tokens of a playback id that were issued so far',
  description: 'Nodes know within seconds; viewers who are on are ended.',
  scope: 'playback:sign',
  body: playbackRevocationCreateSchema,
  answers: { 201: playbackRevocationSchema },
  async run(unit, { body }) {
    const revocation = await createPlaybackRevocation(unit, body)
    return created(revocation, '/v1/playback-revocations')
  },
})
