import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'

import type { NodeReports } from '@millrace/contracts'
import { silentLogger } from '@millrace/core'

import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { NodeLink } from './node-link.ts'
import type { ReportBody } from './reporter.ts'

const NODE = 'node_01jd8y4v5xk3q9m2w7r6t0abcd'
const OTHER = 'node_01jd8y4v5xk3q9m2w7r6t0abce'

const progress = (bytes: number): ReportBody => ({
  type: 'session.progress',
  session_id: 'ses_01jd8y4v5xk3q9m2w7r6t0abcd',
  duration_s: 1,
  bytes_in: bytes,
  bytes_out: 0,
  players: 0,
})

interface Call {
  path: string
  body: Record<string, unknown>
}

/** A control plane on a real port, which remembers what it was asked. */
class Control {
  nodeId = NODE
  /** Statuses to answer with instead, by path. */
  readonly refuses = new Map<string, number>()
  readonly calls: Call[] = []
  port = 0
  readonly #server = http.createServer((request, response) => void this.#answer(request, response))
  #waiting: (() => void)[] = []

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Resolves when so many calls of `called` were answered, refused ones included. */
  async until(called: string, count: number): Promise<void> {
    while (this.calls.filter((call) => call.path === called).length < count)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Batches of progress reports, each by its `bytes_in`. */
  get batches(): { boot: string; node: string; bytes: number[] }[] {
    return this.calls
      .filter((call) => call.path === '/node/v1/reports')
      .map(({ body }) => body as unknown as NodeReports)
      .map(({ boot_id: boot, node_id: node, reports }) => ({
        boot,
        node,
        bytes: reports.map((report) => (report.type === 'session.progress' ? report.bytes_in : -1)),
      }))
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const call: Call = { path: request.url ?? '', body: (await json(request)) as Call['body'] }
    this.calls.push(call)
    const status = this.refuses.get(call.path) ?? 200
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? this.#result(call) : { code: 'TEST_REFUSED' }))
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #result({ path: called, body }: Call): object {
    if (called === '/node/v1/register') return { node_id: this.nodeId }
    if (called !== '/node/v1/reports') return { ok: true }
    const { reports } = body as unknown as NodeReports
    return { accepted_through: reports.at(-1)?.seq ?? 0, rejected: [] }
  }
}

async function setUp(t: TestContext) {
  const scope = testScope(t)
  const control = new Control()
  await control.listen()
  scope.defer(() => control.close().catch(() => {}))
  const dataDir = await tempDir(scope)
  const open = async (): Promise<NodeLink> => {
    const link = await NodeLink.open({
      control: { url: `http://127.0.0.1:${control.port}`, token: 't' },
      dataDir,
      name: 'n',
      version: '0',
      region: undefined,
      addresses: () => ({}),
      load: () => ({ streams: 0, players: 0, in_bps: 0, out_bps: 0, cpu: 0 }),
      held: () => [],
      uploads: () => [],
      onEvicted() {},
      logger: silentLogger,
    })
    scope.defer(() => link.close())
    return link
  }
  return { control, directory: path.join(dataDir, 'reports'), open }
}

/** What a run before this one left: its node's id and one report. */
async function leave(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeFile(path.join(directory, 'node-id'), NODE)
  const report = { ...progress(7), seq: 1, at: '2026-01-01T00:00:00.000Z' }
  await writeFile(path.join(directory, 'boot-0000.ndjson'), `${JSON.stringify(report)}\n`)
}

test('a node that restarts while the control plane is away delivers what the run before left, then registers', async (t) => {
  const { control, open } = await setUp(t)
  const first = await open()
  await first.start()
  assert.equal(first.nodeId, NODE)
  await control.close()
  first.reports.report(progress(1))
  first.reports.report(progress(2))
  await first.close()

  const second = await open()
  await second.start()
  assert.equal(second.nodeId, undefined)
  second.reports.report(progress(3))
  const back = new Control()
  await back.listen(control.port)
  t.after(() => back.close())
  await back.until('/node/v1/reports', 2)
  assert.deepEqual(
    back.batches.map(({ node, bytes }) => [node, bytes]),
    [
      [NODE, [1, 2]],
      [NODE, [3]],
    ],
  )
  assert.notEqual(back.batches[0]?.boot, back.batches[1]?.boot)
  assert.deepEqual(
    back.calls.map((call) => call.path),
    ['/node/v1/reports', '/node/v1/register', '/node/v1/reports'],
  )
})

test('a token that is not accepted costs no report of an earlier run', async (t) => {
  const { control, directory, open } = await setUp(t)
  await leave(directory)
  control.refuses.set('/node/v1/reports', 401)
  const link = await open()
  await link.start()
  assert.equal(link.nodeId, undefined)
  control.refuses.clear()
  await control.until('/node/v1/register', 1)
  assert.deepEqual(control.batches.at(-1)?.bytes, [7])
})

test('a node that the control plane has deleted gives up old reports, and registers as a new one', async (t) => {
  const { control, directory, open } = await setUp(t)
  await leave(directory)
  control.refuses.set('/node/v1/reports', 404)
  control.nodeId = OTHER
  const link = await open()
  await link.start()
  assert.equal(link.nodeId, OTHER)
  assert.equal(await readFile(path.join(directory, 'node-id'), 'utf8'), OTHER)
})

test('a full disk keeps no node from registering, and loses no id', async (t) => {
  const { control, directory, open } = await setUp(t)
  const first = await open()
  await first.start()
  await first.close()
  await symlink('/dev/full', path.join(directory, 'node-id.new'))
  control.nodeId = OTHER
  const second = await open()
  await second.start()
  assert.equal(second.nodeId, OTHER)
  assert.equal(await readFile(path.join(directory, 'node-id'), 'utf8'), NODE)
})

test('a data directory that vanishes keeps no node from registering', async (t) => {
  const { directory, open } = await setUp(t)
  const link = await open()
  await rm(directory, { recursive: true })
  await link.start()
  assert.equal(link.nodeId, NODE)
})
