import { once } from 'node:events'
import { connect } from 'node:net'

import type { Scope } from '@millrace/core'
import { RtmpClientSession } from '@millrace/rtmp'

import { SupportError } from './errors.ts'
import { isCodedVideo } from './flv-file.ts'

/** Plays `rtmp://host:port/app/name` and tells how long after the call the first coded video frame was there, in ms. */
export async function rtmpFirstFrameMs(scope: Scope, url: string): Promise<number> {
  const { hostname, port, pathname, host } = new URL(url)
  const [, app = '', stream = ''] = pathname.split('/')
  const beganMs = performance.now()
  const session = new RtmpClientSession({ nowMs: beganMs, mode: 'play', tcUrl: `rtmp://${host}/${app}`, stream })
  const socket = connect(Number(port), hostname).setNoDelay(true)
  scope.defer(() => void socket.destroy())
  return new Promise((resolve, reject) => {
    const drain = (): void => {
      for (let output = session.poll(); output; output = session.poll()) {
        if (output.type === 'send') socket.write(output.data)
        if (output.type === 'event' && output.event.type === 'media') {
          const { kind, payload } = output.event
          if (kind === 'video' && isCodedVideo(payload)) resolve(performance.now() - beganMs)
        }
      }
    }
    socket.on('data', (chunk: Buffer) => {
      session.receive(chunk, performance.now())
      drain()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new SupportError('SUPPORT_PLAYER', 'closed before the first frame')))
    drain()
  })
}

/** A player that reads what comes, and tells when the server ends it. */
export interface RawPlayer {
  readonly ended: Promise<unknown>
}

/** What a player is told of media. */
export type OnMedia = (media: { kind: string; timestampMs: number; payload: Uint8Array }) => void

/** Plays `rtmp://host:port/app/name[?query]`; resolves with the first video message, and rejects when it is refused. */
export async function rawPlayer(scope: Scope, url: string, onMedia?: OnMedia): Promise<RawPlayer> {
  const { hostname, port, pathname, host, search } = new URL(url)
  const [, app = '', stream = ''] = pathname.split('/')
  const session = new RtmpClientSession({
    nowMs: performance.now(),
    mode: 'play',
    tcUrl: `rtmp://${host}/${app}`,
    stream: stream + search,
  })
  const socket = connect(Number(port), hostname)
  scope.defer(() => void socket.destroy())
  socket.on('error', () => {})
  const ended = once(socket, 'close')
  await new Promise<void>((resolve, reject) => {
    const drain = (): void => {
      for (let output = session.poll(); output; output = session.poll()) {
        if (output.type === 'send') socket.write(output.data)
        if (output.type !== 'event' || output.event.type !== 'media') continue
        onMedia?.(output.event)
        if (output.event.kind === 'video') resolve()
      }
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        session.receive(chunk, performance.now())
        drain()
      } catch (error) {
        reject(error)
      }
    })
    void ended.then(() => reject(new SupportError('SUPPORT_PLAYER', 'closed before the first frame')))
    drain()
  })
  return { ended }
}
