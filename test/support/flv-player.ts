import http from 'node:http'

import type { Scope } from '@millrace/core'
import { WebSocket } from 'ws'

import { SupportError } from './errors.ts'
import { type FlvTag, flvTagAt, FLV_FILE_HEADER_BYTES, isCodedVideo, TAG_AUDIO, TAG_VIDEO } from './flv-file.ts'

interface Waiter {
  readonly done: () => boolean
  readonly resolve: () => void
  readonly reject: (error: SupportError) => void
}

/** A plain HTTP-FLV or WebSocket-FLV player: it reads the tags and counts them, and keeps the newest hundred. */
export class FlvPlayer {
  /** Time from the request to the first coded video frame; undefined before. */
  firstFrameMs: number | undefined
  videoFrames = 0
  audioFrames = 0
  /** Flags of the file header: 4 audio, 1 video; undefined before it has come. */
  flags: number | undefined
  readonly tags: FlvTag[] = []
  readonly #beganMs = performance.now()
  readonly #waiters = new Set<Waiter>()
  readonly #over = Promise.withResolvers<string>()
  readonly #onTag: ((tag: FlvTag) => void) | undefined
  #pending = Buffer.alloc(0)
  #ended: string | undefined

  private constructor(onTag?: (tag: FlvTag) => void) {
    this.#onTag = onTag
  }

  /** Begins to play `http://…` or `ws://…`, and gives `onTag` each tag; ends with `scope`. */
  static play(scope: Scope, url: string, onTag?: (tag: FlvTag) => void): FlvPlayer {
    const player = new FlvPlayer(onTag)
    scope.defer(url.startsWith('ws') ? player.#openWebSocket(url) : player.#openHttp(url))
    return player
  }

  /** Resolves with why it ended. */
  get ended(): Promise<string> {
    return this.#over.promise
  }

  /** Resolves when `done` holds, asked after each tag; rejects when the stream ends or 20 s have passed. */
  async until(what: string, done: () => boolean): Promise<void> {
    if (done()) return
    const error = (why: string): SupportError => new SupportError('SUPPORT_PLAYER', `${why} before ${what}`)
    if (this.#ended !== undefined) throw error(this.#ended)
    let waiter: Waiter | undefined
    const timer = setTimeout(() => waiter?.reject(error('20 s passed')), 20_000)
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { done, resolve, reject }
        this.#waiters.add(waiter)
      })
    } finally {
      clearTimeout(timer)
      if (waiter) this.#waiters.delete(waiter)
    }
  }

  #openHttp(url: string): () => void {
    const request = http.get(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) this.#end(`HTTP ${response.statusCode}`)
      response.on('data', (chunk: Buffer) => this.#take(chunk))
      response.on('close', () => this.#end('the response ended'))
    })
    request.on('error', (error) => this.#end(error.message))
    return () => void request.destroy()
  }

  #openWebSocket(url: string): () => void {
    const socket = new WebSocket(url)
    socket.on('message', (data: Buffer) => this.#take(data))
    socket.on('close', () => this.#end('the WebSocket closed'))
    socket.on('error', (error) => this.#end(error.message))
    return () => socket.terminate()
  }

  #end(why: string): void {
    this.#ended ??= why
    this.#over.resolve(this.#ended)
    for (const waiter of this.#waiters) waiter.reject(new SupportError('SUPPORT_PLAYER', this.#ended))
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    if (this.flags === undefined) {
      if (this.#pending.length < FLV_FILE_HEADER_BYTES) return
      if (this.#pending.toString('latin1', 0, 3) !== 'FLV') return this.#end('no FLV signature')
      this.flags = this.#pending.readUInt8(4)
      this.#pending = this.#pending.subarray(FLV_FILE_HEADER_BYTES)
    }
    for (let next = flvTagAt(this.#pending, 0); next; next = flvTagAt(this.#pending, 0)) {
      this.#pending = this.#pending.subarray(next.end)
      this.#count(next.tag)
    }
    for (const waiter of this.#waiters) if (waiter.done()) waiter.resolve()
  }

  #count(tag: FlvTag): void {
    this.#onTag?.(tag)
    this.tags.push(tag)
    if (this.tags.length > 100) this.tags.shift()
    if (tag.type === TAG_AUDIO) this.audioFrames += 1
    if (tag.type !== TAG_VIDEO || !isCodedVideo(tag.body)) return
    this.videoFrames += 1
    this.firstFrameMs ??= performance.now() - this.#beganMs
  }
}
