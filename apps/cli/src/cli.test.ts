import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { eventually } from '../../../test/support/eventually.ts'
import { Program } from '../../../test/support/program.ts'
import { freePort, tempDir, testScope } from '../../../test/support/scope.ts'
import { Standalone } from '../../../test/support/standalone.ts'

const MAIN = path.join(import.meta.dirname, 'main.ts')

/** A whole installation on this machine, and the command line beside it. */
const scope = new Scope()
let standalone: Standalone
test.before(async () => {
  standalone = await Standalone.start(scope, await tempDir(scope))
})
test.after(() => scope.close())

interface Ran {
  code: number | null
  out: string
  errors: string
}

function environment(env: Record<string, string> = {}): Record<string, string> {
  return {
    MILLRACE_URL: standalone.controlUrl,
    MILLRACE_DATA: standalone.dataDir,
    MILLRACE_TOKEN: '',
    DATABASE_URL: '',
    QUEUE_URL: '',
    ...env,
  }
}

/** Runs the real program to its end. */
async function millrace(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const out: string[] = []
  const program = await Program.start(scope, process.execPath, [MAIN, ...args], {
    env: environment(env),
    onLine: (line) => out.push(line),
  })
  const { code } = await program.finished(20_000)
  return { code, out: out.join('\n'), errors: program.errorLines.join('\n') }
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, errors } = await millrace([...args, '--json'])
  assert.equal(code, 0, errors)
  return JSON.parse(out) as T
}

interface Stream {
  id: string
  enabled: boolean
  status: string
}

test('streams are made, listed, shown, disabled, enabled and deleted, by id or by name', async () => {
  const made = await json<Stream>('streams', 'create', 'tv/news', '--title', 'The News')
  const listed = await millrace(['streams', 'list'])
  assert.match(listed.out, /^ID +STREAM +VHOST +STATUS +TITLE\n/)
  assert.match(listed.out, new RegExp(`^${made.id} +tv/news +\\S+ +idle +The News$`, 'm'))
  assert.match((await millrace(['streams', 'get', 'tv/news'])).out, /^stream +tv\/news$/m)
  assert.equal((await json<Stream>('streams', 'disable', 'tv/news')).enabled, false)
  assert.deepEqual(
    (await json<Stream[]>('streams', 'list', '--status', 'disabled')).map(({ id }) => id),
    [made.id],
  )
  assert.equal((await json<Stream>('streams', 'enable', made.id)).enabled, true)
  assert.match((await millrace(['streams', 'delete', made.id])).out, /is deleted$/)
  const gone = await millrace(['streams', 'get', made.id])
  assert.equal(gone.code, 1)
  assert.match(gone.errors, /^millrace: .*\(STREAM_NOT_FOUND\)$/)
  assert.match((await millrace(['streams', 'get', 'tv/news'])).errors, /CLI_STREAM_UNKNOWN/)
})

test('keys are shown once, rotated with an overlap, and revoked', async () => {
  await json('streams', 'create', 'keyed')
  const first = await millrace(['keys', 'create', 'live/keyed', '--name', 'studio'])
  assert.match(first.out, /^key +sk_\w+$/m)
  assert.match(first.out, /shown this once/)
  const second = await json<{ id: string; secret: string }>('keys', 'rotate', 'live/keyed', '--overlap', '60')
  assert.match(second.secret, /^sk_/)
  const listed = await millrace(['keys', 'list', 'live/keyed'])
  assert.equal(listed.out.split('\n').length, 3)
  assert.doesNotMatch(listed.out, /sk_/)
  assert.match((await millrace(['keys', 'revoke', 'live/keyed', second.id])).out, /is revoked$/)
  assert.match((await millrace(['keys', 'list', 'live/keyed'])).out, new RegExp(`^${second.id} .* revoked `, 'm'))
})

test('events are followed, each once and in order', async () => {
  const stream = await json<Stream>('streams', 'create', 'followed')
  const ids: string[] = []
  const types: string[] = []
  const tail = await Program.start(
    scope,
    process.execPath,
    [MAIN, 'events', 'tail', '--subject', stream.id, '--json'],
    {
      env: environment(),
      onLine(line) {
        const event = JSON.parse(line) as { id: string; type: string }
        ids.push(event.id)
        types.push(event.type)
      },
    },
  )
  await eventually('the past is printed', () => types.includes('stream.created'))
  await millrace(['streams', 'disable', stream.id])
  await millrace(['streams', 'enable', stream.id])
  await eventually('what happens is printed', () => types.includes('stream.enabled'))
  assert.deepEqual(types, ['stream.created', 'stream.disabled', 'stream.enabled'])
  assert.equal(new Set(ids).size, ids.length)
  await tail.stop()
  const since = await millrace(['events', 'tail', '--subject', stream.id, '--after', ids[0] ?? '', '--no-follow'])
  assert.equal(since.out.split('\n').length, 2)
  assert.match(since.out, /^\S+Z {2}stream\.disabled +str_/)
})

test('doctor finds nothing wrong with an installation that runs', async () => {
  const ports = {
    MILLRACE_CONTROL_PORT: new URL(standalone.controlUrl).port,
    MILLRACE_HTTP_PORT: new URL(standalone.httpUrl).port,
    MILLRACE_RTMP_PORT: /:(\d+)/.exec(standalone.rtmpUrl('a/b').slice(7))?.[1] ?? '',
    MILLRACE_NODE_API_PORT: new URL(standalone.printed('node API')).port,
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_RTC: 'off',
  }
  const { code, out } = await millrace(['doctor'], ports)
  assert.equal(code, 0, out)
  for (const wanted of [
    /^ok +data directory +\S+ is writable$/m,
    /^ok +REST port +\d+: Millrace listens$/m,
    /^ok +RTMP port +\d+: Millrace listens$/m,
    /^ok +HTTP port +\d+: Millrace listens$/m,
    /^ok +node API port +\d+: Millrace listens$/m,
    /^ok +database +PostgreSQL 18/m,
    /^ok +migrations +all done$/m,
    /^ok +queue +postgres answers/m,
    /^ok +control plane .*version/m,
    /^ok +clock +agrees/m,
    /^ok +token +is valid$/m,
    /^ok +nodes +1 of 1 are ready$/m,
    /^ok +storage local +\S+ works$/m,
    /^warn +node local +its public host is 127\.0\.0\.1.*: set MILLRACE_PUBLIC_HOST/m,
  ])
    assert.match(out, wanted)
})

test('doctor has the storages tried, and says what to do about each', async () => {
  const location = { type: 's3', endpoint: 'http://127.0.0.1:1', bucket: 'media', access_key_id: 'AK' }
  await standalone.api('storages', { name: 'broken', location, secret_access_key: 'hunter2' })
  const { code, out } = await millrace(['doctor'])
  assert.equal(code, 1)
  assert.match(out, /^ok +storage local +/m)
  assert.match(out, /^fail +storage broken +put: .*\(STORAGE_UNREACHABLE\): start it/m)
  assert.doesNotMatch(out, /hunter2/)
})

test('doctor names what is wrong and what to do, and exits with 1', async (t) => {
  const own = testScope(t)
  const taken = net.createServer((socket) => void socket.on('error', () => {}).end('hello'))
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  own.defer(() => void taken.close())
  const udp = dgram.createSocket('udp4')
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
  own.defer(() => void udp.close())
  const closed = String(await freePort())
  const { code, out } = await millrace(['doctor', '--json'], {
    MILLRACE_RTC_PORT: String(udp.address().port),
    MILLRACE_URL: `http://127.0.0.1:${closed}`,
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_RTMP_PORT: String((taken.address() as net.AddressInfo).port),
    MILLRACE_CONTROL_PORT: closed,
    MILLRACE_HTTP_PORT: '0',
    MILLRACE_NODE_API_PORT: '0',
    DATABASE_URL: `postgres://nobody:hunter2hunter2@127.0.0.1:${closed}/none`,
    MILLRACE_DATA: '/dev/null/x',
  })
  assert.equal(code, 1)
  assert.doesNotMatch(out, /hunter2/)
  const findings = JSON.parse(out) as { level: string; check: string; text: string; fix?: string }[]
  const of = (check: string) => findings.find((finding) => finding.check === check)
  assert.equal(of('REST port')?.text, `${closed} is free`)
  assert.match(of('RTMP port')?.text ?? '', /is taken by another program/)
  assert.match(of('RTMP port')?.fix ?? '', /MILLRACE_RTMP_PORT/)
  assert.match(of('WebRTC port')?.text ?? '', /\(UDP\) cannot be used \(EADDRINUSE\)/)
  assert.deepEqual(
    ['data directory', 'database', 'control plane'].map((check) => of(check)?.level),
    ['fail', 'fail', 'fail'],
  )
  for (const { level, fix } of findings) assert.equal(fix === undefined, level === 'ok')
})

test('a command line that makes no sense is told how it should be, with exit code 2', async () => {
  for (const args of [
    ['fly'],
    ['streams'],
    ['streams', 'get'],
    ['streams', 'list', '--what'],
    ['keys', 'rotate', 'a', '--overlap', 'x'],
  ]) {
    const { code, errors } = await millrace(args)
    assert.equal(code, 2, args.join(' '))
    assert.match(errors, /millrace|--overlap/)
  }
  assert.match((await millrace([])).out, /^millrace COMMAND/)
})

test('without a token, or without a control plane, it says so', async (t) => {
  const empty = await tempDir(testScope(t))
  assert.match(
    (await millrace(['streams', 'list'], { MILLRACE_DATA: empty })).errors,
    /set MILLRACE_TOKEN.*CLI_NO_TOKEN/,
  )
  const wrong = await millrace(['streams', 'list'], { MILLRACE_TOKEN: 'tok_wrongwrongwrongwrongwrong' })
  assert.match(wrong.errors, /TOKEN_INVALID/)
})

// last: nothing else can be published afterwards
test('nodes are listed and drained', async () => {
  const [node] = await json<{ id: string; state: string }[]>('nodes', 'list')
  assert.equal(node?.state, 'ready')
  assert.match((await millrace(['nodes', 'drain', node.id])).out, /is being drained: job_/)
  await eventually('the node is drained', async () => {
    const [now] = await json<{ state: string }[]>('nodes', 'list')
    return now?.state === 'draining'
  })
})

test('start runs everything, and ends at a signal', async (t) => {
  const own = testScope(t)
  const program = await Program.start(own, process.execPath, [MAIN, 'start'], {
    env: {
      MILLRACE_DATA: await tempDir(own),
      MILLRACE_HOST: '127.0.0.1',
      MILLRACE_CONTROL_PORT: '0',
      MILLRACE_RTMP_PORT: '0',
      MILLRACE_HTTP_PORT: '0',
      MILLRACE_NODE_API_PORT: '0',
      DATABASE_URL: '',
      QUEUE_URL: '',
    },
  })
  await program.line(/^Ctrl-C stops everything/, 60_000)
  assert.deepEqual(await program.stop('SIGTERM'), { code: 0, signal: null })
})
