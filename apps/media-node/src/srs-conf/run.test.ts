import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { startConfNode, startConfProgram } from '../../../../test/support/conf-node.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'

const SERVER = `
listen 127.0.0.1:0;
srs_log_tank console;
http_server { enabled on; listen 127.0.0.1:0; }
http_api { enabled on; listen 127.0.0.1:0; }
grace_start_wait 10;
grace_final_wait 10;
`
const VHOST = 'vhost __defaultVhost__ { http_remux { enabled on; } }'

test('-t says what is wrong and where, and its exit code too', async (t) => {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  await mkdir(path.join(folder, 'conf'))
  const run = async (...args: string[]): Promise<[code: number | null, output: string]> => {
    const program = await startConfProgram(scope, folder, args)
    const { code } = await program.finished(20_000)
    return [code, program.output]
  }
  assert.deepEqual(await run('-t', '-cconf/none.conf'), [255, 'there is no configuration file conf/none.conf'])
  await writeFile(path.join(folder, 'conf/srs.conf'), 'listen 1935;\nvhost a { hsl { } }')
  const [code, output] = await run('-t')
  assert.equal(code, 255)
  assert.match(
    output,
    /^conf\/srs.conf:2:11: error: unknown directive "vhost.hsl", did you mean "hls"\? \(CONFIG_UNKNOWN\)$/m,
  )
  await writeFile(path.join(folder, 'conf/srs.conf'), SERVER + VHOST)
  assert.deepEqual(await run('-t'), [0, 'conf/srs.conf: the configuration is ok'])
  assert.deepEqual(await run('-c', 'conf/docker.conf', '-t'), [
    0,
    'there is no conf/docker.conf: conf/srs.conf is used\nconf/srs.conf: the configuration is ok',
  ])
  assert.equal((await run('-x'))[0], 2)
  assert.match((await run('-v'))[1], /^\d+\.\d+\.\d+$/)
})

test('a node serves by its file, and another with the same pid file does not start', async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(scope, SERVER + VHOST)
  await publishTestStream(scope, node.ports.rtmp, 'x')
  await rawPlayer(scope, `rtmp://127.0.0.1:${node.ports.rtmp}/live/x`)
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${node.ports.http}/live/x.flv`)
  await player.until('a picture', () => player.videoFrames > 0)
  await mkdir(path.join(node.folder, 'objs/nginx/html'), { recursive: true })
  await writeFile(path.join(node.folder, 'objs/nginx/html/a.txt'), 'a file')
  assert.equal(await (await fetch(`http://127.0.0.1:${node.ports.http}/a.txt`)).text(), 'a file')
  const hls = await fetch(`http://127.0.0.1:${node.ports.http}/live/x.m3u8`)
  assert.equal(hls.status, 404)
  const { server } = (await (await fetch(`http://127.0.0.1:${node.ports.api}/api/v1/versions`)).json()) as {
    server: string
  }
  assert.equal(server, await readFile(path.join(node.folder, 'objs/srs.id'), 'utf8'))

  const pidFile = path.join(node.folder, 'objs/srs.pid')
  assert.equal(Number(await readFile(pidFile, 'utf8')), node.program.pid)
  const second = await startConfProgram(scope, node.folder, ['-c', 'conf/srs.conf'])
  const failed = (message: unknown): message is { code: string } => Object(message).type === 'failed'
  assert.equal((await second.message(failed)).code, 'PID_FILE_RUNNING')
  assert.equal((await second.finished(20_000)).code, 1)
  assert.equal((await node.program.stop('SIGTERM')).code, 0)
  assert.ok(!existsSync(pidFile))
})

test('HUP takes what has changed for those who come; a broken file changes nothing', async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(scope, SERVER + VHOST)
  const { rtmp, http } = node.ports
  const reload = async (conf: string, line: RegExp): Promise<void> => {
    await node.write(conf)
    node.program.signal('SIGHUP')
    await node.program.line(line)
  }
  await publishTestStream(scope, rtmp, 'x')
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${http}/live/x.flv`)
  await player.until('a picture', () => player.videoFrames > 0)

  await reload(
    `${SERVER}${VHOST.replace('{', '{ security { enabled on; deny publish all; }')}`,
    /security.enabled.*configuration reloaded|configuration reloaded.*security.enabled/,
  )
  await assert.rejects(publishTestStream(scope, rtmp, 'y'), { code: 'SUPPORT_RTMP' })

  await reload('listen 1935; vhost __defaultVhost__ { securty { } }', /configuration not reloaded/)
  assert.match(node.program.output, /srs.conf:1:39: error: unknown directive .*securty/)
  await assert.rejects(publishTestStream(scope, rtmp, 'y'), { code: 'SUPPORT_RTMP' })

  await reload(`${SERVER} listen 1; pid other.pid; ${VHOST}`, /need a restart/)
  await publishTestStream(scope, rtmp, 'y')
  await reload(`${SERVER} pid other.pid; ${VHOST} pithy_print_ms 5;`, /without effect/)

  // who was there all the time has missed nothing
  const seen = player.videoFrames
  await player.until('more pictures', () => player.videoFrames > seen + 10)
})

test('QUIT waits until all have left', async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(scope, SERVER + VHOST)
  const clients = new Scope()
  scope.defer(() => clients.close())
  await publishTestStream(clients, node.ports.rtmp, 'x')
  const player = FlvPlayer.play(clients, `http://127.0.0.1:${node.ports.http}/live/x.flv`)
  await player.until('a picture', () => player.videoFrames > 0)
  node.program.signal('SIGQUIT')
  await eventually('nobody new is taken', async () => {
    const newcomers = new Scope()
    try {
      await publishTestStream(newcomers, node.ports.rtmp, 'y')
      return false
    } catch {
      return true
    } finally {
      await newcomers.close()
    }
  })
  const seen = player.videoFrames
  await player.until('more pictures', () => player.videoFrames > seen + 10)
  assert.ok(node.program.running)
  await clients.close()
  assert.deepEqual(await node.program.exited, { code: 0, signal: null })
})

test('a node that may, goes on as another user', { skip: process.getuid?.() !== 0 }, async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(scope, `${SERVER} user nobody; ${VHOST}`)
  const status = await readFile(`/proc/${node.program.pid}/status`, 'utf8')
  const ids = (field: string): string[] =>
    (new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/)
  assert.ok(!ids('Uid').includes('0') && !ids('Gid').includes('0') && !ids('Groups').includes('0'))
  await publishTestStream(scope, node.ports.rtmp, 'x')
})

test('USR1 opens the log file anew, and no inspector', async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(scope, SERVER.replace('console', 'file') + VHOST)
  const log = path.join(node.folder, 'objs/srs.log')
  const ready = await eventually('a line', async () => /media node ready/.test(await readFile(log, 'utf8')))
  assert.ok(ready)
  await rename(log, `${log}.1`)
  node.program.signal('SIGUSR1')
  await eventually('another file', () => existsSync(log))
  node.program.signal('SIGHUP')
  await eventually('a line in it', async () => /nothing has changed/.test(await readFile(log, 'utf8')))
  assert.equal(node.program.output, '')
})

test('the log has the form of SRS, by which a session is found in it, and follows the file', async (t) => {
  const scope = testScope(t)
  const conf = (log: string): string => `${SERVER.replace('srs_log_tank console;', `utc_time on; ${log}`)} ${VHOST}`
  const node = await startConfNode(scope, conf('srs_log_tank file;'))
  const inLog = (file: string, line: RegExp): Promise<string> =>
    eventually(`a line in ${file}`, async () => {
      const text = await readFile(path.join(node.folder, file), 'utf8').catch(() => '')
      return line.exec(text)?.[0]
    })
  await inLog(
    'objs/srs.log',
    new RegExp(`^\\[[-\\d]+ [:.\\d]+\\]\\[Trace\\]\\[${node.program.pid}\\]\\[\\w{8}\\] media node ready `, 'm'),
  )
  await publishTestStream(scope, node.ports.rtmp, 'x')
  const published = await inLog('objs/srs.log', /\[\w{8}\] publish started .*/)
  const { streams } = (await (await fetch(`http://127.0.0.1:${node.ports.api}/api/v1/streams/`)).json()) as {
    streams: { publish: { cid: string } }[]
  }
  assert.equal(published.slice(1, 9), streams[0]?.publish.cid)

  await node.write(conf('srs_log_tank file; srs_log_file ./objs/other.log; srs_log_level warn; srs_log_format json;'))
  node.program.signal('SIGHUP')
  await eventually('the other file', () => existsSync(path.join(node.folder, 'objs/other.log')))
  await node.write(conf('srs_log_tank file; srs_log_file ./objs; srs_log_format json;'))
  node.program.signal('SIGHUP')
  const warning = JSON.parse(await inLog('objs/other.log', /^.*cannot write to the log file.*$/m)) as { level: string }
  assert.equal(warning.level, 'warn')
})
