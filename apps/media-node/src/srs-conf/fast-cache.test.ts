import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { readAdtsHeader, readMp3Header } from '@millrace/codecs'

import { flvClip } from '../../../../test/support/clips.ts'
import { decodeWithFfmpeg } from '../../../../test/support/ffmpeg.ts'
import { isCodedVideo, readFlv, TAG_AUDIO, TAG_VIDEO, type FlvTag } from '../../../../test/support/flv-file.ts'
import { rawPublisher, rtmpMessage } from '../../../../test/support/raw-rtmp.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { startConf } from './conf-node.test-support.ts'

const FAST_CACHE_S = 3

/** How one kind of sound lies in FLV, and by itself. */
interface Form {
  readonly headerBytes: (tag: Uint8Array) => number
  readonly frameAt: (bytes: Uint8Array, at: number) => { headerBytes: number; frameBytes: number }
}

const FORMS: Readonly<Record<'aac' | 'mp3', Form>> = {
  aac: { headerBytes: () => 2, frameAt: readAdtsHeader },
  mp3: { headerBytes: () => 1, frameAt: (bytes, at) => ({ headerBytes: 0, ...readMp3Header(bytes, at) }) },
}

/** A listener, who takes as much as is asked for. */
class Listener {
  #bytes = Buffer.alloc(0)
  readonly #body: Promise<ReadableStreamDefaultReader<Uint8Array>>

  constructor(url: string, signal: AbortSignal) {
    this.#body = fetch(url, { signal }).then(({ body }) => {
      assert.ok(body)
      return body.getReader()
    })
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Has so many bytes at least. */
  async take(length: number): Promise<void> {
    const reader = await this.#body
    while (this.#bytes.length < length) {
      const { value } = await reader.read()
      assert.ok(value, 'the answer ended')
      this.#bytes = Buffer.concat([this.#bytes, value])
    }
  }
}

/** The frames of an answer, without what comes before each. */
function framesIn(bytes: Uint8Array, { frameAt }: Form): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const { headerBytes, frameBytes } = frameAt(bytes, at)
    frames.push(bytes.subarray(at + headerBytes, at + frameBytes))
    at += frameBytes
  }
  return frames
}

async function assertBeginsWithKept(t: TestContext, audio: 'aac' | 'mp3'): Promise<void> {
  const form = FORMS[audio]
  const scope = testScope(t)
  const conf = `http_server { enabled on; listen 127.0.0.1:0; } vhost __defaultVhost__ { play { mw_latency 20; }
    http_remux { enabled on; fast_cache ${FAST_CACHE_S}; mount [vhost]/[app]/[stream].${audio}; } }`
  const { rtmp, http } = await startConf(scope, conf)
  const { signal, ...players } = controllerOf(scope)
  const url = `http://127.0.0.1:${http}/live/x.${audio}`

  const tags = readFlv(await readFile(await flvClip({ video: 'h264', audio })))
  const isFrame = ({ type, body }: FlvTag): boolean => type === TAG_AUDIO && (audio === 'mp3' || body[1] === 1)
  const framesOf = (some: readonly FlvTag[]): Uint8Array[] =>
    some.filter(isFrame).map(({ body }) => body.subarray(form.headerBytes(body)))
  const bytesOf = (some: readonly FlvTag[]): number =>
    framesOf(some).reduce((sum, { length }) => sum + length + (audio === 'aac' ? 7 : 0), 0)
  const middle = tags.findIndex(({ timestampMs }) => timestampMs > 6500)
  const [before, after] = [tags.slice(0, middle), tags.slice(middle)]
  const newestMs = before.findLast(isFrame)?.timestampMs ?? 0
  const kept = before.filter((tag) => isFrame(tag) && tag.timestampMs > newestMs - FAST_CACHE_S * 1000)

  const first = new Listener(url, signal)
  const publisher = await rawPublisher(scope, rtmp, 'live', 'x')
  const publish = (some: readonly FlvTag[]): void => {
    for (const { type, timestampMs, body } of some)
      publisher.write(rtmpMessage(type === TAG_AUDIO ? 4 : 6, type, 1, body, timestampMs))
  }
  // a listener begins with the newest key frame there is, so there is to be one
  const opening = before.findIndex(({ timestampMs }) => timestampMs > 500)
  const firstPicture = before.findIndex(({ type, body }) => type === TAG_VIDEO && isCodedVideo(body))
  publish(before.slice(0, opening))
  await first.take(bytesOf(before.slice(firstPicture, opening)))
  publish(before.slice(opening))
  await first.take(bytesOf(before.slice(firstPicture)))
  const late = new Listener(url, signal)
  await late.take(bytesOf(kept))
  assert.deepEqual(framesIn(late.bytes, form), framesOf(kept))
  publish(after)
  await late.take(bytesOf([...kept, ...after]))
  assert.deepEqual(framesIn(late.bytes, form), framesOf([...kept, ...after]))
  players.leave()

  const file = path.join(await tempDir(scope), `x.${audio}`)
  await writeFile(file, late.bytes)
  const decoded = await decodeWithFfmpeg(file, 60)
  assert.deepEqual(decoded.errors, [])
  assert.ok(decoded.audioFrames > 0)
}

function controllerOf(scope: ReturnType<typeof testScope>): { signal: AbortSignal; leave: () => void } {
  const controller = new AbortController()
  const leave = (): void => controller.abort()
  scope.defer(leave)
  return { signal: controller.signal, leave }
}

for (const audio of ['aac', 'mp3'] as const)
  test(`a listener of ${audio} begins with the sound of fast_cache, and goes on live without a gap`, (t) =>
    assertBeginsWithKept(t, audio))
