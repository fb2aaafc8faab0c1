/** `npm start`: what it says and makes, how it ends, and that nothing is lost whatever kills it. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { connect } from '@millrace/db'
import { runningPostgresUrl } from '@millrace/db/embedded'

import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { Standalone, childPids, gone, startStandaloneProgram } from '../support/standalone.ts'
import { Receiver } from '../support/webhook-receiver.ts'

const mode = async (file: string): Promise<string> => ((await fs.stat(file)).mode & 0o777).toString(8)

/** What is in the data folder when nothing runs. */
const FILES = ['admin-token', 'node', 'node-token', 'postgres', 'queue-password', 'secret', 'storage']

/** The URL by which the programs queue jobs. */
async function queueUrl(dataDir: string): Promise<string> {
  const url = new URL((await runningPostgresUrl(path.join(dataDir, 'postgres'))) ?? '')
  url.username = 'millrace_queue'
  url.password = (await fs.readFile(path.join(dataDir, 'queue-password'), 'utf8')).trim()
  return url.href
}

const refused = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => resolve((socket.destroy(), false))).on('error', () => resolve(true))
  })

test('serves everything it prints, keeps its secrets private, brings back what dies, and closes at Ctrl-C', async (t) => {
  const scope = testScope(t)
  const dataDir = path.join(await tempDir(scope), 'deep/data')
  const tree = await Standalone.start(scope, dataDir)
  const printed = tree.program.output

  // what it says
  assert.match(printed, /WARNING: the default vhost is open/)
  assert.match(printed, /Webhooks may be sent to 127\.0\.0\.0\/8,::1\/128/)
  assert.match(printed, new RegExp(`^ {2}ffmpeg -re .* -f flv ${tree.rtmpUrl('live/livestream')}$`, 'm'))
  assert.match(printed, new RegExp(`^ {2}ffplay ${tree.httpUrl}live/livestream.flv$`, 'm'))
  assert.equal(tree.printed('admin token'), path.join(dataDir, 'admin-token'))

  // what it makes
  assert.equal(await mode(dataDir), '700')
  const secrets = ['secret', 'admin-token', 'node-token', 'queue-password', 'postgres/password']
  for (const name of secrets) assert.equal(await mode(path.join(dataDir, name)), '600', name)
  for (const name of secrets) {
    const secret = (await fs.readFile(path.join(dataDir, name), 'utf8')).trim()
    assert.ok(secret.length >= 32)
    assert.ok(!printed.includes(secret), `${name} is printed`)
  }

  // what it serves
  assert.equal((await fetch(tree.httpUrl)).status, 200)
  assert.equal((await fetch(tree.printed('node API'))).status, 200)
  assert.equal((await fetch(`${tree.controlUrl}/docs`)).status, 200)
  assert.ok(Array.isArray((await tree.api<{ data: unknown[] }>('streams')).data))
  await publishWithFfmpeg(scope, { url: tree.rtmpUrl('live/livestream'), video: 'h264', audio: 'aac' })
  const player = FlvPlayer.play(scope, `${tree.httpUrl}live/livestream.flv`)
  await player.until('video and audio', () => player.videoFrames > 10 && player.audioFrames > 10)

  // what of it the media node can reach
  const url = await queueUrl(dataDir)
  if (process.platform === 'linux') {
    const environment = readFileSync(`/proc/${tree.pids()['node']}/environ`, 'utf8').split('\0')
    assert.ok(environment.includes(`QUEUE_URL=${url}`))
    assert.ok(!environment.some((entry) => entry.startsWith('DATABASE_URL=')))
  }
  const asNode = connect(url, { maxConnections: 1 })
  scope.defer(() => asNode.end({ timeout: 1 }))
  assert.ok((await asNode`select from bullmq.migration`).length > 0)
  for (const table of ['streams', 'stream_keys', 'push_targets', 'signing_keys', 'api_tokens']) {
    await assert.rejects(asNode`select from ${asNode(table)}`, { code: '42501' }, table)
  }

  // a second one on the same data
  const second = await startStandaloneProgram(scope, dataDir)
  assert.deepEqual(await second.exited, { code: 1, signal: null })
  assert.deepEqual(second.errorLines, [
    `millrace: ${dataDir} is in use by process ${tree.program.pid}: stop that one, or choose another folder with MILLRACE_DATA`,
  ])

  // what dies comes back, where it was
  for (const name of ['postgres', 'control', 'worker', 'node']) {
    const pid = tree.pids()[name] ?? 0
    process.kill(pid, 'SIGKILL')
    await eventually(`another ${name}`, () => (tree.pids()[name] ?? pid) !== pid)
  }
  await eventually('the API answers again', () => tree.api('streams'))
  await eventually('the watch page is back', async () => (await fetch(tree.httpUrl)).ok)

  // the end: the terminal and npm both pass Ctrl-C on
  const pids = Object.values(tree.pids())
  assert.equal(pids.length, 4)
  process.kill(tree.program.pid, 'SIGINT')
  process.kill(tree.program.pid, 'SIGINT')
  assert.deepEqual(await tree.program.exited, { code: 0, signal: null })
  await gone(pids)
  assert.deepEqual((await fs.readdir(dataDir)).toSorted(), FILES)
  assert.ok(!existsSync(path.join(dataDir, 'postgres/data/postmaster.pid')))
})

test('after kill -9 of all while publishing, streams, keys and undelivered events are there', async (t) => {
  const scope = testScope(t)
  const dataDir = await tempDir(scope)
  const env = { MILLRACE_WEBHOOK_SCHEDULE: '0,0.2,0.5,0.5,0.5,1,1,1,1,1,1', MILLRACE_WEBHOOK_TIMEOUT: '1' }
  const receiver = await Receiver.start(scope)
  const before = await Standalone.start(scope, dataDir, env)
  await before.api('vhosts', { name: 'keyed.example', access: 'keyed' })
  const stream = await before.api<{ id: string }>('streams', { vhost: 'keyed.example', app: 'live', name: 'news' })
  const key = await before.api<{ secret: string }>(`streams/${stream.id}/keys`, { name: 'studio' })
  const endpoint = await before.api<{ secret: string }>('webhook-endpoints', {
    url: receiver.url,
    event_types: ['stream.connected', 'stream.live', 'stream.ended'],
  })
  receiver.secret = endpoint.secret
  receiver.answer = () => 500
  const resource = `live/news?vhost=keyed.example&key=${key.secret}`
  await publishWithFfmpeg(scope, { url: before.rtmpUrl(resource), video: 'h264', audio: 'aac' })
  await receiver.until(() => receiver.received.length >= 1)
  await receiver.down()
  // each start tells of its node too
  const names = async (tree: Standalone): Promise<string[]> =>
    (await tree.api<{ data: { type: string }[] }>('events?order=asc')).data
      .map(({ type }) => type)
      .filter((type) => !type.startsWith('node.'))
  await eventually('it is live', async () => (await names(before)).includes('stream.live'))
  await before.killAll()

  const after = await Standalone.start(scope, dataDir, env)
  const again = await after.api<{ id: string; name: string }>(`streams/${stream.id}`)
  assert.equal(again.name, 'news')
  receiver.answer = () => 204
  receiver.received.length = 0
  await receiver.up()
  await receiver.until(() => receiver.received.length >= 3)
  const publisher = await publishWithFfmpeg(scope, { url: after.rtmpUrl(resource), video: 'h264', audio: 'aac' })
  await receiver.until(() => receiver.received.length >= 5)
  await publisher.stop()
  await receiver.until(() => receiver.received.length >= 6)
  const once = ['stream.connected', 'stream.live', 'stream.ended']
  assert.deepEqual(
    receiver.received.map(({ type }) => type),
    [...once, ...once],
  )
  assert.deepEqual(
    receiver.received.map(({ seq }) => seq),
    // the stream and its key are told of first, before there was an endpoint
    [3, 4, 5, 6, 7, 8],
  )
  assert.deepEqual(await names(after), ['stream.created', 'key.created', ...once, ...once])

  // the supervisor alone: the others see it, end, and are not in the way of the next start
  const pids = Object.values(after.pids())
  process.kill(after.program.pid, 'SIGKILL')
  await after.program.exited
  const last = await Standalone.start(scope, dataDir, { ...env, MILLRACE_RTMP_PORT: new URL(after.rtmpUrl('x')).port })
  await gone(pids)
  await last.api(`streams/${stream.id}`)
  process.kill(last.program.pid, 'SIGTERM')
  assert.deepEqual(await last.program.exited, { code: 0, signal: null })
})

test('a taken port ends the start with one line that says what to do, and leaves nothing behind', async (t) => {
  const scope = testScope(t)
  const dataDir = await tempDir(scope)
  const squatter = net.createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  scope.defer(() => void squatter.close())
  const { port } = squatter.address() as net.AddressInfo
  const program = await startStandaloneProgram(scope, dataDir, { MILLRACE_RTMP_PORT: String(port) })
  assert.deepEqual(await program.exited, { code: 1, signal: null })
  assert.deepEqual(program.errorLines, [
    `millrace: RTMP port ${port} on 127.0.0.1 is taken by another program: stop that one, or choose another port with MILLRACE_RTMP_PORT`,
  ])
  assert.deepEqual(await fs.readdir(dataDir).then((names) => names.filter((name) => /owner|processes/.test(name))), [])
  assert.ok(!existsSync(path.join(dataDir, 'postgres/data/postmaster.pid')))
  assert.equal(await refused(port), false)
})

test('stopped while it starts, it leaves nothing behind', async (t) => {
  const scope = testScope(t)
  const dataDir = await tempDir(scope)
  const program = await startStandaloneProgram(scope, dataDir)
  await program.line(/"name":"control".*"msg":"ready"/)
  const pids = childPids(dataDir)
  assert.ok(pids['control'] && pids['postgres'])
  process.kill(program.pid, 'SIGINT')
  assert.deepEqual(await program.exited, { code: 0, signal: null })
  await gone(Object.values(pids))
  // some programs may not have come to make theirs
  const files = await fs.readdir(dataDir)
  assert.deepEqual(
    files.filter((name) => !FILES.includes(name)),
    [],
  )
  for (const secret of ['admin-token', 'node-token', 'queue-password', 'secret']) assert.ok(files.includes(secret))
  assert.ok(!existsSync(path.join(dataDir, 'postgres/data/postmaster.pid')))
  assert.doesNotMatch(program.output, /is running/)
})

const unusable: readonly [what: string, prepare: (dir: string) => Promise<Record<string, string>>, line: RegExp][] = [
  [
    'a data folder that is a file',
    async (dir) => {
      await fs.writeFile(path.join(dir, 'file'), '')
      return { MILLRACE_DATA: path.join(dir, 'file/data') }
    },
    /^millrace: cannot use .*file\/data for data \(ENOTDIR\): .*MILLRACE_DATA$/,
  ],
  [
    'a folder that takes no files',
    async () => ({ MILLRACE_DATA: '/sys/millrace' }),
    /^millrace: cannot use \/sys\/millrace for data \(\w+\): .*MILLRACE_DATA$/,
  ],
  [
    'a database that is not there',
    async () => ({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' }),
    /^millrace: the database of DATABASE_URL cannot be reached .*unset it for the embedded one$/,
  ],
  [
    'a secret that is gone',
    async (dir) => {
      await fs.mkdir(path.join(dir, 'postgres/data'), { recursive: true })
      return {}
    },
    /^millrace: .*\/secret is gone, .*MILLRACE_SECRET/,
  ],
  ['a wrong setting', async () => ({ MILLRACE_CONTROL_PORT: 'x' }), /^millrace: MILLRACE_CONTROL_PORT: /],
]

for (const [what, prepare, line] of unusable) {
  test(`${what} ends the start with one line`, async (t) => {
    const scope = testScope(t)
    const dataDir = await tempDir(scope)
    const program = await startStandaloneProgram(scope, dataDir, await prepare(dataDir))
    assert.deepEqual(await program.exited, { code: 1, signal: null })
    assert.equal(program.errorLines.length, 1, program.output)
    assert.match(program.errorLines[0] ?? '', line)
  })
}
