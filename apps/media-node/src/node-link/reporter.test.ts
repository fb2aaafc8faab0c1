import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import type { NodeReports, NodeReportsAnswer } from '@millrace/contracts'
import { CodedError, silentLogger, type Logger } from '@millrace/core'

import { Journal } from './journal.ts'
import { Reporter, type ReportBody } from './reporter.ts'

const NODE = 'node_01jd8y4v5xk3q9m2w7r6t0abcd'
const SESSION = 'ses_01jd8y4v5xk3q9m2w7r6t0abcd'
const BOOT = 'boot-0001'

const progress = (bytes: number): ReportBody => ({
  type: 'session.progress',
  session_id: SESSION,
  duration_s: 1,
  bytes_in: bytes,
  bytes_out: 0,
  players: 0,
})

/** Takes reports as the control plane does: in order, each once. */
class Control {
  applied: { boot: string; seq: number }[] = []
  away = false
  /** Answers that get lost on the way back. */
  loseAnswers = 0
  #waiting: (() => void)[] = []

  async post(_path: string, body: unknown): Promise<NodeReportsAnswer> {
    const { boot_id: boot, reports } = body as NodeReports
    if (this.away) throw new CodedError('CONTROL_UNREACHABLE', 'away')
    for (const { seq } of reports) if (seq === this.through(boot) + 1) this.applied.push({ boot, seq })
    for (const wake of this.#waiting) wake()
    if (this.loseAnswers > 0) {
      this.loseAnswers--
      throw new CodedError('CONTROL_UNREACHABLE', 'answer lost')
    }
    return { accepted_through: this.through(boot), rejected: [] }
  }

  through(boot: string): number {
    return this.applied.findLast((report) => report.boot === boot)?.seq ?? 0
  }

  async until(count: number): Promise<void> {
    while (this.applied.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

async function setUp(t: TestContext) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'reports-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const control = new Control()
  const journal = await Journal.open(dir, BOOT)
  const reporter = new Reporter({ control, journal, bootId: BOOT, logger: silentLogger, wallMs: () => 0 })
  return { dir, control, journal, reporter }
}

const sequence = (boot: string, count: number) => Array.from({ length: count }, (_, i) => ({ boot, seq: i + 1 }))

test('reports made before the node is registered arrive after it, in order', async (t) => {
  const { control, reporter } = await setUp(t)
  for (let i = 0; i < 5; i++) reporter.report(progress(i))
  reporter.connect(NODE)
  await control.until(5)
  assert.deepEqual(control.applied, sequence(BOOT, 5))
})

test('while the control plane is away reports wait, and arrive once when answers were lost', async (t) => {
  const { control, reporter } = await setUp(t)
  control.away = true
  reporter.connect(NODE)
  for (let i = 0; i < 1200; i++) reporter.report(progress(i))
  control.away = false
  control.loseAnswers = 1
  await control.until(1200)
  assert.deepEqual(control.applied, sequence(BOOT, 1200))
})

test('what a killed node did not deliver, the next boot does, under the numbers it had', async (t) => {
  const { dir, control, journal, reporter } = await setUp(t)
  for (let i = 0; i < 3; i++) reporter.report(progress(i))
  await journal.append({ ...progress(3), type: 'session.progress', seq: 4, at: '2026-01-01T00:00:00.000Z' } as never)
  await appendFile(path.join(dir, `${BOOT}.ndjson`), '{"seq":5,"type":"session.pro')

  const next = await Journal.open(dir, 'boot-0002')
  const heir = new Reporter({ control, journal: next, bootId: 'boot-0002', logger: silentLogger, wallMs: () => 0 })
  for (const { bootId, reports } of await next.leftovers()) {
    await heir.resend(NODE, bootId, reports)
    await next.forget(bootId)
  }
  assert.deepEqual(control.applied, sequence(BOOT, 4))
  assert.deepEqual(await readdir(dir), [])
})

test('the journal is emptied when all is delivered', async (t) => {
  const { dir, control, reporter } = await setUp(t)
  reporter.connect(NODE)
  reporter.report(progress(1))
  await control.until(1)
  await reporter.close(5000)
  const next = await Journal.open(dir, 'boot-0002')
  assert.deepEqual(await next.leftovers(), [{ bootId: BOOT, reports: [] }])
})

/** A logger that keeps its error messages. */
function errorLog(): { logger: Logger; errors: string[]; infos: string[] } {
  const errors: string[] = []
  const infos: string[] = []
  const logger: Logger = {
    ...silentLogger,
    error: (_fields, message) => errors.push(message),
    info: (_fields, message) => infos.push(message),
  }
  return { logger, errors, infos }
}

const NEXT_BOOT = 'boot-0002'

test('on a full disk reports go on from memory, one line tells of it, and what was missed is written once there is room', async (t) => {
  const { dir, control, journal } = await setUp(t)
  const { logger, errors, infos } = errorLog()
  const reporter = new Reporter({ control, journal, bootId: BOOT, logger, wallMs: () => 0 })
  const file = path.join(dir, `${BOOT}.ndjson`)
  await symlink('/dev/full', file)
  for (let i = 0; i < 5; i++) reporter.report(progress(i))
  await assert.rejects(journal.append({ ...progress(5), seq: 6, at: '2026-01-01T00:00:00.000Z' } as never), {
    code: 'ENOSPC',
  })
  assert.equal(errors.length, 1)

  await rm(file)
  await writeFile(file, '{"seq":1,"half a li')
  await journal.append({ ...progress(6), seq: 7, at: '2026-01-01T00:00:00.000Z' } as never)
  const next = await Journal.open(dir, NEXT_BOOT)
  const [left] = await next.leftovers()
  assert.deepEqual(
    left?.reports.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6, 7],
  )
  reporter.report(progress(7))
  reporter.connect(NODE)
  await control.until(6)
  assert.deepEqual(control.applied, sequence(BOOT, 6))
  // reports are written one after another: the one above is, too
  await journal.append({ ...progress(8), seq: 8, at: '2026-01-01T00:00:00.000Z' } as never)
  assert.deepEqual([errors.length, infos.length], [1, 1])
})

test('a data directory that vanished costs no report', async (t) => {
  const { dir, control, reporter } = await setUp(t)
  await rm(dir, { recursive: true })
  for (let i = 0; i < 5; i++) reporter.report(progress(i))
  reporter.connect(NODE)
  await control.until(5)
  assert.deepEqual(control.applied, sequence(BOOT, 5))
})

test('a data directory that cannot be made is a clear error', async (t) => {
  const { dir } = await setUp(t)
  await writeFile(path.join(dir, 'file'), '')
  await assert.rejects(Journal.open(path.join(dir, 'file', 'reports'), BOOT), {
    code: 'NODE_DATA_DIR',
    message: /^cannot write to the data directory: ENOTDIR/,
  })
})

test('a node that gets another id reports under it', async (t) => {
  const { control, reporter } = await setUp(t)
  const ids: string[] = []
  const post = control.post.bind(control)
  const refused = Promise.withResolvers<void>()
  control.post = (url, body) => {
    const { node_id: id } = body as NodeReports
    ids.push(id)
    if (id !== NODE) return post(url, body)
    refused.resolve()
    return Promise.reject(new CodedError('CONTROL_REFUSED', 'no such node'))
  }
  const other = 'node_01jd8y4v5xk3q9m2w7r6t0abce'
  reporter.connect(NODE)
  reporter.report(progress(1))
  await refused.promise
  reporter.connect(other)
  await control.until(1)
  assert.deepEqual([...new Set(ids)], [NODE, other])
})

test('while the control plane is away, progress and refusals stop piling up', async (t) => {
  const { control, reporter } = await setUp(t)
  control.away = true
  for (let i = 0; i < 10_500; i++) reporter.report(progress(i))
  assert.equal(reporter.backlog, 10_000)
  reporter.report({ ...progress(0), type: 'session.ended', reason: 'publisher_closed' } as ReportBody)
  assert.equal(reporter.backlog, 10_001)
})

test('a report is recorded when it is on disk, though the control plane is away', async (t) => {
  const { control, reporter, dir } = await setUp(t)
  control.away = true
  await Promise.all([reporter.record(progress(1)), reporter.record(progress(2))])
  const [left] = await (await Journal.open(dir, NEXT_BOOT)).leftovers()
  assert.equal(left?.reports.length, 2)
})

test('on a full disk a report is recorded when the control plane has it', async (t) => {
  const { control, reporter, dir } = await setUp(t)
  await symlink('/dev/full', path.join(dir, `${BOOT}.ndjson`))
  const recorded = reporter.record(progress(1))
  reporter.connect(NODE)
  await recorded
  assert.deepEqual(control.applied, sequence(BOOT, 1))
})
