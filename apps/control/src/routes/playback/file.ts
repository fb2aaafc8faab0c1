import { FILE_NAMES, idSchema, playbackFileQuerySchema, PLAYLIST_NAMES } from '@millrace/contracts'
import { z } from 'zod'

import { publicQuery } from '../../http/route.ts'
import { getRecordingFile } from '../../services/archive/recording-media.ts'

const fileSchema = z.union([
  z.enum([...Object.values(PLAYLIST_NAMES), ...Object.values(FILE_NAMES)]),
  z.string().regex(/^storyboard-\d{1,4}\.jpg$/),
])

/** `GET /v1/playback/{playback_id}/{file}` */
export const getPlaybackFileRoute = publicQuery({
  id: 'getPlaybackFile',
  path: '/v1/playback/{playback_id}/{file}',
  tag: 'Playback',
  summary: 'A playlist or file of a recording',
  description:
    '`index.m3u8` plays it, also while it is being recorded; `video.mp4`, `video.flv`, `poster.jpg` and the storyboard are there once they are made, and lead to the storage. A signed playback id needs `?token=`, a playback token with `aud` `recording`; its `from` and `to` limit what is played. A playback id of a stream plays its newest recording.',
  params: z.object({
    playback_id: z.union([idSchema('playback'), idSchema('recording')]),
    file: fileSchema,
  }),
  query: playbackFileQuerySchema,
  answers: { 200: { media: ['application/vnd.apple.mpegurl', 'text/vtt; charset=utf-8'] }, 302: null },
  run: (unit, { params, query, caller }) => getRecordingFile(unit, params.playback_id, params.file, query, caller),
})
