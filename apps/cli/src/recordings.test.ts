import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'

import { eventually } from '../../../test/support/eventually.ts'
import { publishWithFfmpeg } from '../../../test/support/ffmpeg.ts'
import { Program } from '../../../test/support/program.ts'
import { tempDir, testScope } from '../../../test/support/scope.ts'
import { Standalone } from '../../../test/support/standalone.ts'

const MAIN = path.join(import.meta.dirname, 'main.ts')

interface Recording {
  id: string
  status: string
  title: string | null
}

test('a broadcast is recorded from the command line: start, split, stop, list', async (t) => {
  const scope = testScope(t)
  const standalone = await Standalone.start(scope, await tempDir(scope))
  const env = { MILLRACE_URL: standalone.controlUrl, MILLRACE_DATA: standalone.dataDir, MILLRACE_TOKEN: '' }
  const millrace = async (...args: string[]) => {
    const out: string[] = []
    const onLine = (line: string) => out.push(line)
    const program = await Program.start(scope, process.execPath, [MAIN, 'recordings', ...args], { env, onLine })
    const { code } = await program.finished(20_000)
    return { code, out: out.join('\n'), errors: program.errorLines.join('\n') }
  }
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, out, errors } = await millrace(...args, '--json')
    assert.equal(code, 0, errors)
    return JSON.parse(out) as T
  }
  await publishWithFfmpeg(scope, { url: standalone.rtmpUrl('live/match'), seconds: 10, video: 'h264', audio: 'aac' })
  await eventually('it is live', async () => {
    const { data } = await standalone.api<{ data: { status: string }[] }>('streams?name=match')
    return data[0]?.status === 'live'
  })
  const first = await json<Recording>('start', 'live/match', '--title', 'First half')
  assert.deepEqual([first.status, first.title], ['recording', 'First half'])
  assert.match((await millrace('start', 'live/match')).errors, /\(RECORDING_ACTIVE\)$/)
  const [ended, started] = await json<[Recording, Recording]>('split', first.id)
  assert.deepEqual([ended.id, ended.status, started.status], [first.id, 'uploading', 'recording'])
  assert.notEqual((await json<Recording>('stop', started.id)).status, 'recording')
  const listed = await json<Recording[]>('list', '--stream', 'live/match')
  assert.deepEqual(
    listed.map(({ id }) => id),
    [started.id, first.id],
  )
  assert.deepEqual(await json<Recording[]>('list', '--status', 'recording'), [])
  assert.match((await millrace('get', first.id)).out, /^title +First half$/m)
})
