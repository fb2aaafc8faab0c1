import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Scope } from '@millrace/core'
import { RtmpClientSession } from '@millrace/rtmp'

import { flvClip } from './clips.ts'
import { eventually } from './eventually.ts'
import { type FlvTag, readFlv, TAG_AUDIO, TAG_VIDEO } from './flv-file.ts'
import { isFrame, marked } from './frame-marks.ts'

const CLIP_S = 12
const STEP_MS = 10
const RETRY_MS = 50
const END_MS = 2000

/** A frame that the encoder has given to its connection. */
export interface SentFrame {
  readonly number: number
  readonly kind: 'video' | 'audio'
  /** Counted from 0; each begins with a key frame. */
  readonly connection: number
  /** On the encoder's clock, which goes on while it isn't connected. */
  readonly mediaMs: number
  readonly sentAt: number
  /** The FLV tag's body. */
  readonly body: Buffer
}

/**
 * An encoder of H.264 and AAC in real time whose frames have numbers. It connects again at once, for ever, when it is cut off, and
 * begins with the next key frame and a timestamp of 0, as encoders do.
 */
export class MarkedEncoder {
  /** All that was sent, in order; the number is the index. */
  readonly sent: SentFrame[] = []
  readonly #setUp: readonly FlvTag[]
  readonly #frames: readonly FlvTag[]
  readonly #paddingBytes: number
  readonly #beganMs = performance.now()
  readonly #stopping = new AbortController()
  #url: string
  #connections = 0
  #socket: Socket | undefined
  #running: Promise<void> = Promise.resolve()

  private constructor(tags: readonly FlvTag[], url: string, paddingBytes: number) {
    const media = tags.filter(({ type }) => type === TAG_VIDEO || type === TAG_AUDIO)
    this.#setUp = media.filter((tag) => !isFrame(tag))
    this.#frames = media.filter((tag) => isFrame(tag) && tag.timestampMs < CLIP_S * 1000)
    this.#url = url
    this.#paddingBytes = paddingBytes
  }

  /** Publishes to `rtmp://host:port/app/name` until it is stopped or `scope` closes. Resolves when the first picture is sent. */
  static async start(scope: Scope, url: string, paddingBytes = 0): Promise<MarkedEncoder> {
    const clip = await flvClip({ video: 'h264', audio: 'aac', seconds: CLIP_S })
    const encoder = new MarkedEncoder(readFlv(await readFile(clip)), url, paddingBytes)
    encoder.#running = encoder.#run()
    scope.defer(() => encoder.stop())
    await eventually('the encoder publishes', () => encoder.sent.length > 0)
    return encoder
  }

  /** Drops its connection, and goes on at another server. */
  move(url: string): void {
    this.#url = url
    this.#socket?.destroy()
  }

  /** Ends the broadcast politely. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#connection()
      await delay(RETRY_MS)
    }
  }

  #connection(): Promise<void> {
    const { hostname, port, pathname, host } = new URL(this.#url)
    const [, app = '', stream = ''] = pathname.split('/')
    const nowMs = performance.now()
    const session = new RtmpClientSession({ nowMs, mode: 'publish', tcUrl: `rtmp://${host}/${app}`, stream })
    const socket = connect(Number(port), hostname).setNoDelay(true)
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    let timer: NodeJS.Timeout | undefined
    const drain = (): void => {
      for (let output = session.poll(); output; output = session.poll()) {
        if (output.type === 'send') socket.write(output.data)
        else if (output.type === 'event' && output.event.type === 'publishing') timer ??= this.#send(session, drain)
      }
    }
    const end = (): void => {
      if (socket.closed) return
      session.close(null)
      drain()
      socket.setTimeout(END_MS, () => socket.destroy()).end()
    }
    this.#stopping.signal.addEventListener('abort', end)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      try {
        session.receive(chunk, performance.now())
        drain()
      } catch {
        socket.destroy()
      }
    })
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      clearInterval(timer)
      this.#stopping.signal.removeEventListener('abort', end)
      resolve()
    })
    drain()
    return promise
  }

  #send(session: RtmpClientSession, drain: () => void): NodeJS.Timeout {
    const connection = this.#connections++
    for (const { type, body } of this.#setUp) session.sendMedia(kindOf(type), 0, body)
    let next = this.#nextKeyFrame()
    const base = this.#mediaMsOf(next)
    const timer = setInterval(() => {
      if (this.#stopping.signal.aborted) return clearInterval(timer)
      for (; this.#mediaMsOf(next) <= this.#nowMs; next++) {
        const mediaMs = this.#mediaMsOf(next)
        const tag = this.#frames[next % this.#frames.length]!
        const number = this.sent.length
        const body = marked(tag, number, this.#paddingBytes)
        this.sent.push({ number, kind: kindOf(tag.type), connection, mediaMs, sentAt: Date.now(), body })
        session.sendMedia(kindOf(tag.type), mediaMs - base, body)
      }
      drain()
    }, STEP_MS)
    drain()
    return timer
  }

  get #nowMs(): number {
    return performance.now() - this.#beganMs
  }

  /** When a frame is due; frames are counted over all rounds of the clip. */
  #mediaMsOf(index: number): number {
    const round = Math.floor(index / this.#frames.length)
    return round * CLIP_S * 1000 + this.#frames[index % this.#frames.length]!.timestampMs
  }

  #nextKeyFrame(): number {
    let index = Math.floor(this.#nowMs / (CLIP_S * 1000)) * this.#frames.length
    while (this.#mediaMsOf(index) < this.#nowMs || !isKey(this.#frames[index % this.#frames.length]!)) index++
    return index
  }
}

const kindOf = (type: number): 'video' | 'audio' => (type === TAG_VIDEO ? 'video' : 'audio')

const isKey = ({ type, body }: FlvTag): boolean => type === TAG_VIDEO && (body[0] ?? 0) >> 4 === 1
