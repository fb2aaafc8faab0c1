/** FFmpeg as a peer that sends and takes RTP by UDP. */
import { execFile } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { Scope } from '@millrace/core'

import { SupportError } from './errors.ts'
import { packetiseWithNodeAv } from './node-av.ts'
import { Program, words } from './program.ts'
import { tempDir } from './scope.ts'

const run = promisify(execFile)

export type RtpClipCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8' | 'opus'

const VIDEO = '-t 2 -f lavfi -i testsrc2=size=320x180:rate=25 -pix_fmt yuv420p -g 25 -keyint_min 25'
const AUDIO = '-t 2 -f lavfi -i sine=440:sample_rate=48000'
const CLIPS: Readonly<Record<RtpClipCodec, readonly [encode: string, file: string]>> = {
  h264: [`${VIDEO} -c:v libx264 -preset ultrafast -tune zerolatency -sc_threshold 0`, 'mp4'],
  hevc: [`${VIDEO} -c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0:open-gop=0`, 'mp4'],
  av1: [`${VIDEO} -c:v libsvtav1 -preset 12`, 'mp4'],
  vp9: [`${VIDEO} -c:v libvpx-vp9 -deadline realtime -cpu-used 8`, 'webm'],
  vp8: [`${VIDEO} -c:v libvpx -deadline realtime -cpu-used 8`, 'webm'],
  opus: [`${AUDIO} -c:a libopus -ac 2`, 'webm'],
}

/** A file of two seconds of one codec: 320×180 at 25 fps with two key frames, or a tone; encoded once and kept. */
export async function rtpClip(codec: RtpClipCodec): Promise<string> {
  const [encode, suffix] = CLIPS[codec]
  const directory = path.join(tmpdir(), 'millrace-clips')
  const file = path.join(directory, `rtp-1-${codec}.${suffix}`)
  if (existsSync(file)) return file
  await mkdir(directory, { recursive: true })
  const draft = path.join(directory, `${process.pid}-${path.basename(file)}`)
  await run('ffmpeg', ['-v', 'error', '-y', ...words(encode), draft])
  await rename(draft, file)
  return file
}

/** One access unit of a file, as FFmpeg reads it. */
export interface AccessUnit {
  readonly key: boolean
  /** SHA-256 in hexadecimal. */
  readonly sha256: string
}

/** The access units of a file, in order. */
export async function accessUnits(file: string): Promise<AccessUnit[]> {
  const { stdout } = await run('ffprobe', [...words('-v error -show_packets -show_data_hash sha256 -of json'), file])
  const { packets } = JSON.parse(stdout) as { packets: { flags: string; data_hash: string }[] }
  return packets.map(({ flags, data_hash: hash }) => ({
    key: flags.startsWith('K'),
    sha256: hash.slice('SHA256:'.length),
  }))
}

/** Lets FFmpeg send a file by RTP; the datagrams that came and the format parameters of its SDP. */
export async function receiveFromFfmpeg(
  scope: Scope,
  file: string,
  codec: RtpClipCodec,
): Promise<{ datagrams: Uint8Array[]; fmtp: string }> {
  const { socket, port } = await udpSocket(scope)
  socket.setRecvBufferSize(4 * 2 ** 20)
  const datagrams: Uint8Array[] = []
  const ended = new Promise<void>((resolve) => {
    socket.on('message', (datagram) => {
      if (datagram.length > 0) datagrams.push(new Uint8Array(datagram))
      else resolve()
    })
  })
  const url = `rtp://127.0.0.1:${port}?pkt_size=1200`
  let sdp = ''
  if (codec === 'av1') await packetiseWithNodeAv(scope, file, url)
  else {
    const sdpFile = path.join(await tempDir(scope), 'sent.sdp')
    const args = `-v error -i ${file} -c copy -strict experimental -f rtp -sdp_file ${sdpFile} ${url}`
    await run('ffmpeg', words(args))
    sdp = await readFile(sdpFile, 'utf8')
  }
  // what FFmpeg has sent waits in the socket before this
  socket.send('', port, '127.0.0.1')
  await ended
  return { datagrams, fmtp: /^a=fmtp:\d+ (.*)/m.exec(sdp)?.[1] ?? '' }
}

/** A file with an SDP of one stream that FFmpeg takes at `port`. */
export async function writeSdp(
  scope: Scope,
  media: string,
  port: number,
  attributes: readonly string[],
): Promise<string> {
  const file = path.join(await tempDir(scope), 'stream.sdp')
  const head = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=${media} ${port} RTP/AVP 96`,
  ]
  await writeFile(file, [...head, ...attributes, ''].join('\r\n'))
  return file
}

/** Checksums of the first `count` frames that FFmpeg decodes. */
export async function decodedChecksums(
  scope: Scope,
  input: string,
  kind: 'video' | 'audio',
  count: number,
): Promise<string[]> {
  const checksums: string[] = []
  const args = `-nostdin -v error -protocol_whitelist file,rtp,udp -fpsprobesize 2 -i ${input} -fps_mode passthrough`
  const program = await Program.start(scope, 'ffmpeg', words(`${args} -frames:${kind[0]} ${count} -f framecrc -`), {
    onLine(line) {
      if (/^\d/.test(line)) checksums.push(line.split(',').at(-1)?.trim() ?? '')
    },
  })
  const { code } = await program.finished(20_000)
  if (code !== 0 || program.errorLines.length > 0) throw new SupportError('SUPPORT_DECODE', program.output)
  return checksums
}

/** Sends to `port` what `next` gives each 10 ms, once a program listens there and until `done` is settled. */
export async function sendUntil(
  scope: Scope,
  port: number,
  done: Promise<unknown>,
  next: () => readonly Uint8Array[],
): Promise<void> {
  const { socket } = await udpSocket(scope)
  let over = false
  const end = (): void => void (over = true)
  const settled = done.then(end, end)
  // an immediate after the timer, so that the socket has been looked at
  const tick = (): Promise<void> => new Promise((resolve) => setTimeout(() => setImmediate(resolve), 10))
  const pause = (): Promise<unknown> => Promise.race([settled, tick()])
  // a connected socket hears that nobody listens
  let refused = true
  socket.on('error', () => (refused = true))
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
  while (refused && !over) {
    refused = false
    socket.send(Uint8Array.of(0))
    await pause()
  }
  while (!over) {
    for (const datagram of next()) socket.send(datagram)
    await pause()
  }
}

/** An even UDP port that was free a moment ago together with the next, which is for RTCP. */
export async function freeRtpPort(): Promise<number> {
  for (;;) {
    await using scope = new Scope()
    const { port } = await udpSocket(scope)
    if (port % 2 === 0 && (await udpSocket(scope, port + 1).catch(() => undefined))) return port
  }
}

async function udpSocket(scope: Scope, wantedPort = 0): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(wantedPort, '127.0.0.1', resolve)
  })
  scope.defer(() => new Promise<void>((resolve) => socket.close(resolve)))
  return { socket, port: socket.address().port }
}
