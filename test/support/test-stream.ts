import type { Socket } from 'node:net'

import type { Scope } from '@millrace/core'

import { rawPublisher, rtmpMessage } from './raw-rtmp.ts'

const AVC_CONFIG =
  '170000000001640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800'
const AVC_KEY_FRAME = '170100000000000003658880'
const AAC_CONFIG = 'af001210'
const AAC_FRAME = 'af012110'
const VIDEO = 9
const AUDIO = 8

const media = (type: number, body: string): Buffer => rtmpMessage(6, type, 1, Buffer.from(body, 'hex'))

/** Sequence headers of both tracks. */
export const CONFIGURATIONS = Buffer.concat([media(VIDEO, AVC_CONFIG), media(AUDIO, AAC_CONFIG)])
/** A key frame and its sound. */
export const PICTURE_AND_SOUND = Buffer.concat([media(VIDEO, AVC_KEY_FRAME), media(AUDIO, AAC_FRAME)])

/** Publishes `live/NAME` of key frames until `scope` closes; rejects when it is refused. */
export async function publishTestStream(scope: Scope, port: number, name: string): Promise<Socket> {
  const socket = await rawPublisher(scope, port, 'live', name)
  socket.write(CONFIGURATIONS)
  const timer = setInterval(() => socket.writable && socket.write(PICTURE_AND_SOUND), 10)
  scope.defer(() => clearInterval(timer))
  return socket
}
