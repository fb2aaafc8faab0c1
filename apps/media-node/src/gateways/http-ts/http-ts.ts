import { createTsPackager } from '@millrace/mpegts'

import { createHttpStream, type HttpStreamDeps } from '../../players/http-stream.ts'
import type { HttpHandler } from '../../io/http.ts'
import { createAacPackager, createMp3Packager } from './raw-audio.ts'

/** `GET /app/stream.ts`, `.aac` and `.mp3`: endless MPEG-TS, AAC in ADTS, and MP3. */
export function createHttpTs(deps: HttpStreamDeps): readonly HttpHandler[] {
  return [
    createHttpStream(deps, {
      protocol: 'http-ts',
      contentType: 'video/MP2T',
      extension: '.ts',
      packaging: () => ({ key: 'ts', create: createTsPackager }),
    }),
    createHttpStream(deps, {
      protocol: 'http-aac',
      contentType: 'audio/x-aac',
      extension: '.aac',
      packaging: () => ({ key: 'aac', beginsWithSound: true, create: createAacPackager }),
    }),
    createHttpStream(deps, {
      protocol: 'http-mp3',
      contentType: 'audio/mpeg',
      extension: '.mp3',
      packaging: () => ({ key: 'mp3', beginsWithSound: true, create: createMp3Packager }),
    }),
  ]
}
