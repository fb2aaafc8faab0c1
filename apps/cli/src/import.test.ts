import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { Program } from '../../../test/support/program.ts'
import { tempDir } from '../../../test/support/scope.ts'
import { Standalone } from '../../../test/support/standalone.ts'

const MAIN = path.join(import.meta.dirname, 'main.ts')
const CONF = path.resolve(import.meta.dirname, '../../../conf')

/** A whole installation on this machine, and the command line beside it. */
const scope = new Scope()
let standalone: Standalone
let folder: string
test.before(async () => {
  folder = await tempDir(scope)
  standalone = await Standalone.start(scope, await tempDir(scope))
})
test.after(() => scope.close())

async function importFile(file: string, ...options: string[]) {
  const out: string[] = []
  const program = await Program.start(scope, process.execPath, [MAIN, 'import', path.resolve(CONF, file), ...options], {
    env: { MILLRACE_URL: standalone.controlUrl, MILLRACE_DATA: standalone.dataDir, MILLRACE_TOKEN: '' },
    onLine: (line) => out.push(line),
  })
  const { code } = await program.finished(20_000)
  return { code, out: out.join('\n'), errors: program.errorLines.join('\n') }
}

interface Report {
  vhosts: { name: string; state: string; changed: string[]; left: Left[] }[]
  left: Left[]
}
interface Left {
  directive: string
  guard: boolean
  at: { line: number }
}

/** What the import of a file says, of vhosts and of directives that are left. */
async function imported(file: string, ...options: string[]): Promise<Report> {
  const { code, out, errors } = await importFile(file, '--json', ...options)
  assert.equal(code, 0, errors)
  return JSON.parse(out) as Report
}

const states = ({ vhosts }: Report) => vhosts.map(({ name, state }) => `${name} ${state}`)

interface Vhost {
  id: string
  name: string
  enabled: boolean
  access: string
  ip_rules: unknown[]
  refer_rules: unknown
  callback_format: string
  admission_hook: { url: string; events: string[]; deadline_ms: number } | null
  record: Record<string, unknown> | null
}

const vhostsThere = async () => (await standalone.api<{ data: Vhost[] }>('vhosts')).data

async function namedVhost(name: string): Promise<Vhost> {
  const found = (await vhostsThere()).find((vhost) => vhost.name === name)
  assert.ok(found, `there is a vhost ${name}`)
  return found
}

/** The vhost that all samples have. */
const defaultVhost = () => namedVhost('__defaultVhost__')

async function written(name: string, text: string): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, `listen 1935;\n${text}`)
  return file
}

test('a dry run changes nothing and says what would be done', async () => {
  const before = await vhostsThere()
  const { code, out } = await importFile('vhost.conf', '--dry-run')
  assert.equal(code, 0)
  assert.match(out, /^vhost fast\.example\.com: would be created$/m)
  assert.match(out, /conf\/vhost\.conf:27:5: chunk_size: vhosts of the control plane/)
  assert.deepEqual(await vhostsThere(), before)
})

test('vhosts are made once, and the second time nothing changes', async () => {
  const first = await imported('vhost.conf')
  assert.deepEqual(states(first), [
    '__defaultVhost__ unchanged',
    'fast.example.com created',
    'closed.example.com created',
  ])
  assert.ok(first.left.some(({ directive, at }) => directive === 'listen' && at.line === 3))
  const made = [await namedVhost('fast.example.com'), await namedVhost('closed.example.com')]
  assert.deepEqual(
    made.map(({ enabled, access }) => [enabled, access]),
    [
      [true, 'open'],
      [false, 'open'],
    ],
  )
  const again = await imported('vhost.conf')
  assert.ok(again.vhosts.every(({ state, changed }) => state === 'unchanged' && changed.length === 0))
  assert.deepEqual([await namedVhost('fast.example.com'), await namedVhost('closed.example.com')], made)
})

test('security becomes rules of addresses', async () => {
  assert.deepEqual((await imported('security.ip.conf')).vhosts[0]?.changed, ['ip_rules'])
  assert.deepEqual((await defaultVhost()).ip_rules, [
    { effect: 'deny', action: 'play', network: '203.0.113.9' },
    { effect: 'deny', action: 'publish', network: '10.1.0.0/16' },
    { effect: 'allow', action: 'publish', network: '10.0.0.0/8' },
    { effect: 'allow', action: 'play', network: 'all' },
  ])
  assert.deepEqual(states(await imported('security.ip.conf')), ['__defaultVhost__ unchanged'])
})

test('what security refuses without saying so is refused by a rule', async () => {
  const file = await written(
    'closed.conf',
    'vhost a.test { security { enabled on; allow publish 10.0.0.1; } } vhost b.test { security { enabled on; } }',
  )
  await imported(file)
  assert.deepEqual((await namedVhost('a.test')).ip_rules, [
    { effect: 'allow', action: 'publish', network: '10.0.0.1' },
    { effect: 'deny', action: 'play', network: 'all' },
  ])
  assert.deepEqual((await namedVhost('b.test')).ip_rules, [
    { effect: 'deny', action: 'publish', network: 'all' },
    { effect: 'deny', action: 'play', network: 'all' },
  ])
})

test('refer becomes rules of pages, in the older form too', async () => {
  await imported('refer.conf')
  assert.deepEqual((await defaultVhost()).refer_rules, {
    all: ['example.com', 'example.net'],
    publish: ['studio.example.com'],
    play: ['www.example.com', 'example.net'],
  })
  await imported(await written('old.conf', 'vhost old.test { refer Example.com; }'))
  assert.deepEqual((await namedVhost('old.test')).refer_rules, { all: ['example.com'], publish: [], play: [] })
})

test('one URL of http_hooks becomes the admission hook; what others guard is given up only if that is said', async () => {
  const before = await defaultVhost()
  const refused = await importFile('http.hooks.callback.conf')
  assert.equal(refused.code, 1)
  assert.match(refused.errors, /http\.hooks\.callback\.conf:\d+:\d+: http_hooks\.on_play: [^]*CLI_FEWER_GUARDS/)
  assert.deepEqual(await defaultVhost(), before)
  const { vhosts } = await imported('http.hooks.callback.conf', '--fewer-guards')
  const vhost = await defaultVhost()
  const { url, events, deadline_ms: deadlineMs } = vhost.admission_hook!
  assert.deepEqual(
    [vhost.callback_format, url, events, deadlineMs],
    ['srs', 'http://127.0.0.1:8085/api/v1/streams', ['publish'], 5000],
  )
  const left = new Map(vhosts[0]?.left.map(({ directive, guard }) => [directive, guard]))
  assert.deepEqual(
    ['http_hooks.on_connect', 'http_hooks.on_play', 'http_hooks.on_close', 'hls'].map((name) => left.get(name)),
    [true, true, false, false],
  )
  assert.deepEqual(states(await imported('http.hooks.callback.conf', '--fewer-guards')), ['__defaultVhost__ unchanged'])
})

test('a vhost whose publishers are asked about is made with access by hook', async () => {
  const hooks = 'on_publish http://b.test/x; on_play http://b.test/x; timeout 2;'
  const { vhosts } = await imported(
    await written('hook.conf', `vhost Hook.test { http_hooks { enabled on; ${hooks} } }`),
  )
  assert.deepEqual(vhosts[0]?.left, [])
  const { access, admission_hook: hook } = await namedVhost('hook.test')
  assert.deepEqual([access, hook?.events, hook?.deadline_ms], ['hook', ['publish', 'play'], 2000])
})

test('dvr becomes how broadcasts are recorded', async () => {
  const record = async () => {
    const { mode, format, plan, split_s: splitS, path: template } = (await defaultVhost()).record ?? {}
    return [mode, format, plan, splitS, template]
  }
  const template = 'objs/nginx/html/[app]/[stream].[timestamp]'
  await imported('dvr.conf')
  assert.deepEqual(await record(), ['automatic', 'flv', 'session', null, `${template}.flv`])
  await imported('dvr.segment.conf')
  assert.deepEqual(await record(), ['automatic', 'flv', 'segment', 30, `${template}.flv`])
  await imported('dvr.mp4.conf')
  assert.deepEqual(await record(), ['automatic', 'mp4', 'session', null, `${template}.mp4`])
  assert.deepEqual(states(await imported('dvr.mp4.conf')), ['__defaultVhost__ unchanged'])
  assert.deepEqual(states(await imported('dvr.session.conf')), ['__defaultVhost__ updated'])
  // of some streams only: none instead of all
  const { vhosts } = await imported('dvr.path.conf')
  assert.equal(vhosts[0]?.state, 'unchanged')
  assert.equal(vhosts[0]?.left[0]?.directive, 'dvr.dvr_apply')
})

test('what the control plane has of its own stays', async () => {
  const { id } = await namedVhost('fast.example.com')
  const own = { mode: 'manual', retention_days: 7, plan: 'session' }
  await standalone.api(`vhosts/${id}`, { access: 'keyed', record: own }, 'PATCH')
  const dvr = 'dvr { enabled on; dvr_path ../[stream].mp4; }'
  const file = await written('own.conf', `vhost fast.example.com { security { enabled off; } ${dvr} }`)
  assert.match((await importFile(file)).out, /access keyed, as it was: publishers need stream keys/)
  const { access, record } = await namedVhost('fast.example.com')
  assert.deepEqual(
    [access, record?.['mode'], record?.['retention_days'], record?.['path']],
    ['keyed', 'automatic', 7, null],
  )
  assert.deepEqual(states(await imported(file)), ['fast.example.com unchanged'])
})

test('a file with errors changes nothing and says where they are', async () => {
  const broken = await written(
    'broken.conf',
    'vhost new.test { dvr { enabld on; } }\nvhost other.test { enabled maybe; }',
  )
  const unknown = await importFile(broken)
  assert.equal(unknown.code, 1)
  assert.match(unknown.errors, /broken\.conf:2:\d+: error: /)
  assert.match(unknown.errors, /\(CLI_CONFIG\)$/)
  const hooks = 'http_hooks {\n enabled on; on_publish http://user:secret@b.test/; }'
  const refused = await importFile(await written('user.conf', `vhost new.test { }\nvhost bad.test {\n${hooks} }`))
  assert.equal(refused.code, 1)
  assert.match(refused.errors, /user\.conf:4:1: error: vhost bad\.test: admission_hook\.url: must have no user name/)
  const there = await vhostsThere()
  assert.ok(!there.some(({ name }) => name === 'new.test'))
})

test('a file that is not there, an alias, and a wrong command line each have their message', async () => {
  const missing = await importFile('no-such.conf')
  assert.deepEqual([missing.code, /no-such\.conf:1:1: error: cannot be read/.test(missing.errors)], [1, true])
  const { id } = await namedVhost('fast.example.com')
  await standalone.api(`vhosts/${id}`, { aliases: ['www.example.com'] }, 'PATCH')
  const alias = await importFile(await written('alias.conf', 'vhost www.example.com { }'))
  assert.equal(alias.code, 1)
  assert.match(
    alias.errors,
    /www\.example\.com is an alias of the vhost fast\.example\.com already \(CLI_VHOST_ALIAS\)/,
  )
  assert.equal((await importFile('vhost.conf', 'another.conf')).code, 2)
})
