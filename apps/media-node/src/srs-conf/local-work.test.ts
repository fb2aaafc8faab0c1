import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { flvClip } from '../../../../test/support/clips.ts'
import { startConfNode } from '../../../../test/support/conf-node.ts'
import { decodeWithFfmpeg, ffprobe, publishWithFfmpeg, type ProbedStream } from '../../../../test/support/ffmpeg.ts'
import { freePort, testScope } from '../../../../test/support/scope.ts'

/** Pids of FFmpeg and shells whose command line has this text, but for those of the test itself. */
async function programsWith(text: string, parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, stat] = await Promise.all(
        ['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      )
      const ppid = Number(stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')[1])
      return ppid === parent && command!.includes(text) ? [pid] : []
    }),
  )
  return found.flat()
}

/** Its tracks: FFmpeg takes metadata that comes later for one of its own. */
async function tracksOf(url: string): Promise<ProbedStream[]> {
  const { streams } = await ffprobe(url)
  return streams.filter(({ codec_type: type }) => type !== 'data')
}

/** A node with this in its default vhost. */
async function start(t: TestContext, vhost: string, ...more: readonly string[]) {
  const scope = testScope(t)
  const port = await freePort()
  const conf = (directives: string): string =>
    `listen 127.0.0.1:${port}; srs_log_tank console; vhost __defaultVhost__ { play { gop_cache on; mw_latency 50; } ${directives} } ${more.join(' ')}`
  const node = await startConfNode(scope, conf(vhost))
  const urlOf = (name: string): string => `rtmp://127.0.0.1:${port}/live/${name}`
  const reloads = (): number => node.program.output.match(/configuration reloaded/g)?.length ?? 0
  const reload = async (directives: string): Promise<void> => {
    const before = reloads()
    await node.write(conf(directives))
    node.program.signal('SIGHUP')
    await t.waitFor(() => assert.ok(reloads() > before), { timeout: 10_000 })
  }
  return { scope, node, urlOf, reload, pid: node.program.pid }
}

const ENGINE =
  'enabled on; vcodec libx264; vprofile baseline; vpreset ultrafast; vfps 25; acodec aac; asample_rate 44100;'

test('a stream is transcoded by two engines, which end with it', { timeout: 60_000 }, async (t) => {
  const output = 'output rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/[stream]_[engine];'
  const { scope, node, urlOf, pid } = await start(
    t,
    `transcode { enabled on; ffmpeg ./objs/ffmpeg/bin/ffmpeg;
      engine half { ${ENGINE} vwidth 160; vheight 90; vbitrate 100; ${output} }
      engine sound { enabled on; vcodec vn; acodec aac; asample_rate 22050; achannels 1; ${output} }
      engine off { enabled off; ${ENGINE} ${output} }
    }`,
  )
  const publisher = await publishWithFfmpeg(scope, { url: urlOf('x'), video: 'h264', audio: 'aac' })
  const [half, sound] = await Promise.all([tracksOf(urlOf('x_half')), tracksOf(urlOf('x_sound'))])
  assert.deepEqual(
    half.map(({ codec_name: codec, width, height }) => ({ codec, width, height })),
    [
      { codec: 'h264', width: 160, height: 90 },
      { codec: 'aac', width: undefined, height: undefined },
    ],
  )
  assert.deepEqual(
    sound.map(({ codec_name: codec, sample_rate: rate }) => ({ codec, rate })),
    [{ codec: 'aac', rate: '22050' }],
  )
  const { videoFrames, errors } = await decodeWithFfmpeg(urlOf('x_half'), 1)
  assert.ok(videoFrames > 20)
  assert.deepEqual(errors, [])
  // what an engine makes is not transcoded again
  assert.match(node.program.output, /TRANSCODE_LOOP/)
  assert.equal((await programsWith('ffmpeg', pid)).length, 2)
  assert.deepEqual(
    (await readdir(path.join(node.folder, 'objs'))).filter((name) => name.includes('encoder')).toSorted(),
    ['ffmpeg-encoder-__defaultVhost__-live-x-half.log', 'ffmpeg-encoder-__defaultVhost__-live-x-sound.log'],
  )
  await publisher.stop()
  await t.waitFor(async () => assert.deepEqual(await programsWith('ffmpeg', pid), []), { timeout: 10_000 })
})

test('only the block that made a stream leaves it out', { timeout: 60_000 }, async (t) => {
  const engine = (name: string): string =>
    `engine ${name} { enabled on; vcodec copy; acodec copy; output rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/[stream]_[engine]; }`
  const { scope, urlOf, pid } = await start(
    t,
    `transcode { enabled on; ffmpeg ffmpeg; ${engine('a')} } transcode live/x_a { enabled on; ${engine('b')} }`,
  )
  await publishWithFfmpeg(scope, { url: urlOf('x'), video: 'h264', audio: 'aac' })
  assert.equal((await tracksOf(urlOf('x_a_b'))).length, 2)
  assert.equal((await programsWith('ffmpeg', pid)).length, 2)
})

test(
  'a file is brought in, again after its program was killed, until the file says otherwise',
  { timeout: 60_000 },
  async (t) => {
    const clip = await flvClip({ video: 'h264', audio: 'aac' })
    const ingest = (name: string): string =>
      `ingest ${name} { enabled on; input { type file; url ${clip}; } ffmpeg ffmpeg;
      engine { enabled off; output rtmp://127.0.0.1:[port]/live?vhost=[vhost]/${name}; } }`
    const { urlOf, pid, reload, node } = await start(t, ingest('demo'))
    const { videoFrames, errors } = await decodeWithFfmpeg(urlOf('demo'), 1)
    assert.ok(videoFrames > 20)
    assert.deepEqual(errors, [])
    const [first = 0] = await programsWith(clip, pid)
    process.kill(first, 'SIGKILL')
    await t.waitFor(
      async () => {
        const [again = first] = await programsWith(clip, pid)
        assert.notEqual(again, first)
      },
      { timeout: 10_000 },
    )
    await reload(`${ingest('demo')} ${ingest('second')}`)
    await decodeWithFfmpeg(urlOf('second'), 1)
    const logs = (await readdir(path.join(node.folder, 'objs'))).filter((name) => name.includes('ingest'))
    assert.deepEqual(logs.toSorted(), [
      'ffmpeg-ingest-__defaultVhost__-live-demo.log',
      'ffmpeg-ingest-__defaultVhost__-live-second.log',
    ])
    await reload('')
    await t.waitFor(async () => assert.deepEqual(await programsWith(clip, pid), []), { timeout: 10_000 })
  },
)

test('a program runs while a stream is on, and all it has started ends with it', { timeout: 60_000 }, async (t) => {
  const { scope, node, urlOf, pid } = await start(
    t,
    'exec { enabled on; publish sh ./run.sh [stream] [url] >./out-[stream].log; }',
  )
  await writeFile(path.join(node.folder, 'run.sh'), 'echo "$@"; sleep 987654 & wait\n')
  const publisher = await publishWithFfmpeg(scope, { url: urlOf('x?token=t'), video: 'h264', audio: 'aac' })
  const file = path.join(node.folder, 'out-x.log')
  await t.waitFor(
    async () =>
      assert.match(
        await readFile(file, 'utf8'),
        /^x rtmp:\/\/127\.0\.0\.1:\d+\/live\/x\?token=t&vhost=__defaultVhost__\n/,
      ),
    {
      timeout: 10_000,
    },
  )
  const [shell = 0] = await programsWith('run.sh', pid)
  await t.waitFor(async () => assert.equal((await programsWith('987654', shell)).length, 1), {
    timeout: 10_000,
  })
  const [sleeping = 0] = await programsWith('987654', shell)
  await publisher.stop()
  await t.waitFor(() => assert.throws(() => process.kill(-shell, 0), { code: 'ESRCH' }), { timeout: 10_000 })
  await t.waitFor(async () => assert.equal(await readFile(`/proc/${sleeping}/cmdline`, 'utf8').catch(() => ''), ''), {
    timeout: 10_000,
  })
})

test('streams are recorded as their vhost says', { timeout: 60_000 }, async (t) => {
  const { scope, node, urlOf } = await start(
    t,
    'dvr { enabled on; dvr_apply live/x live/z; dvr_path ./dvr/[vhost]/[app]/[stream].mp4; }',
  )
  const publishers = await Promise.all(
    ['x', 'y'].map((name) =>
      publishWithFfmpeg(scope, { url: urlOf(name), video: 'h264', audio: 'aac', seconds: 6, loop: false }),
    ),
  )
  await Promise.all(publishers.map((publisher) => publisher.finished(20_000)))
  const folder = path.join(node.folder, 'dvr/__defaultVhost__/live')
  await t.waitFor(async () => assert.deepEqual(await readdir(folder), ['x.mp4']), { timeout: 10_000 })
  const { videoFrames, errors } = await decodeWithFfmpeg(path.join(folder, 'x.mp4'), 10)
  assert.deepEqual({ videoFrames, errors }, { videoFrames: 150, errors: [] })
})

test('a node that ends completes its recordings and ends its programs', { timeout: 60_000 }, async (t) => {
  const { scope, node, urlOf, pid } = await start(
    t,
    'exec { enabled on; publish sleep 987655; } dvr { enabled on; dvr_path ./dvr/[stream].flv; }',
  )
  await publishWithFfmpeg(scope, { url: urlOf('x'), video: 'h264', audio: 'aac' })
  await t.waitFor(async () => assert.equal((await programsWith('987655', pid)).length, 1), { timeout: 10_000 })
  const [program = 0] = await programsWith('987655', pid)
  await t.waitFor(async () => assert.deepEqual(await readdir(path.join(node.folder, 'dvr')), ['x.flv.tmp']), {
    timeout: 10_000,
  })
  await node.program.stop('SIGTERM')
  assert.deepEqual(await readdir(path.join(node.folder, 'dvr')), ['x.flv'])
  assert.throws(() => process.kill(program, 0), { code: 'ESRCH' })
})

test('a stream that is on follows what the file says of its outputs', { timeout: 60_000 }, async (t) => {
  const { scope, node, urlOf, pid, reload } = await start(t, '', 'vhost copies { }')
  const publisher = await publishWithFfmpeg(scope, { url: urlOf('x'), video: 'h264', audio: 'aac' })
  const copy = (name: string): string => `rtmp://127.0.0.1:[port]/[app]?vhost=copies/[stream]_${name}`
  const forward = (name: string): string =>
    `forward { enabled on; destination ${urlOf(`[stream]_${name}`)}?vhost=copies; }`
  const outputs = `
    exec { enabled on; publish sleep 987656; }
    transcode { enabled on; ffmpeg ffmpeg; engine a { enabled on; vcodec copy; acodec copy; output ${copy('made')}; } }
    dvr { enabled on; dvr_path ./dvr/[stream].flv; }
    hls { enabled on; hls_fragment 1; hls_path ./hls; }`
  await reload(`${outputs} ${forward('first')}`)
  const played = await Promise.all(
    ['x_made', 'x_first'].map((name) => decodeWithFfmpeg(`${urlOf(name)}?vhost=copies`, 1)),
  )
  for (const { videoFrames, errors } of played) {
    assert.ok(videoFrames > 10)
    assert.deepEqual(errors, [])
  }
  const [program] = await programsWith('987656', pid)
  const [engine] = await programsWith('x_made', pid)
  await t.waitFor(() => readFile(path.join(node.folder, 'hls/live/x.m3u8')), { timeout: 10_000 })

  // what stays the same goes on
  await reload(`${outputs} ${forward('second')}`)
  await decodeWithFfmpeg(`${urlOf('x_second')}?vhost=copies`, 1)
  assert.deepEqual([await programsWith('987656', pid), await programsWith('x_made', pid)], [[program], [engine]])

  await reload('')
  const files = (): Promise<string[]> => readdir(path.join(node.folder, 'dvr'))
  await t.waitFor(
    async () => {
      assert.deepEqual(await files(), ['x.flv'])
      assert.deepEqual([await programsWith('987656', pid), await programsWith('x_made', pid)], [[], []])
    },
    { timeout: 10_000 },
  )
  assert.deepEqual((await decodeWithFfmpeg(path.join(node.folder, 'dvr/x.flv'), 10)).errors, [])
  assert.ok(publisher.running)
})
