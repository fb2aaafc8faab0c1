/**
 * `node radosgw-server.ts DIRECTORY OWNER_PID`: one Ceph monitor, one object store in memory and the S3 gateway, on free loopback
 * ports. Writes DIRECTORY/ready with the gateway's port, or DIRECTORY/failed; ends when the owner is gone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { errorMessage } from '@millrace/core'

import { SupportError } from './errors.ts'
import { RADOSGW_KEYS } from './radosgw.ts'
import { freePort } from './scope.ts'

const READY_TIMEOUT_MS = 60_000
/** The store asks the monitor something before it knows its cluster's id, now and then, and ends at the answer; a port may be taken. */
const ATTEMPTS = 3
const POLL_MS = 100
const OWNER_POLL_MS = 300

const [directory = '', owner = ''] = process.argv.slice(2)
const children: ChildProcess[] = []
const run = promisify(execFile)

/** No authentication inside, no recovery, no logs but the programs' own: it lives for minutes. */
const configuration = (fsid: string, monitorPort: number, gatewayPort: number): string => `
[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${monitorPort}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${directory}
admin socket = ${directory}/$name.asok
log file = ${directory}/$name.log
pid file =
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
[mon.a]
mon data = ${directory}/mon
[osd]
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd op threads = 2
osd memory target = 939524096
osd max object name len = 256
osd max object namespace len = 64
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw enable usage log = false
rgw enable ops log = false
rgw thread pool size = 64
rgw run sync thread = false
rgw enable gc threads = true
rgw lc debug interval = -1
`

const ceph = (program: string, ...args: string[]) => run(program, ['-c', `${directory}/ceph.conf`, ...args])

function start(program: string, ...args: string[]): void {
  const log = openSync(path.join(directory, `${program}.out`), 'a')
  const child = spawn(program, ['-c', `${directory}/ceph.conf`, ...args, '-f'], { stdio: ['ignore', log, log] })
  closeSync(log)
  child.on('error', () => {})
  children.push(child)
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** Asks until it is so; ends early when one of the programs does. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  while (!(await isSo().catch(() => false))) {
    const ended = children.find(isOver)
    if (ended !== undefined || performance.now() > deadlineMs) {
      throw new SupportError('SUPPORT_RADOSGW', `${ended?.spawnargs[0] ?? 'it'} came to nothing before ${what}`)
    }
    await delay(POLL_MS)
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function bringUpAgain(attempt: number): Promise<number> {
  try {
    return await bringUp()
  } catch (error) {
    await end()
    if (attempt === ATTEMPTS) throw error
    return bringUpAgain(attempt + 1)
  }
}

async function bringUp(): Promise<number> {
  const [monitorPort, gatewayPort] = await Promise.all([freePort(), freePort()])
  const fsid = randomUUID()
  for (const name of ['mon', 'osd']) {
    await rm(path.join(directory, name), { recursive: true, force: true })
    await mkdir(path.join(directory, name))
  }
  await writeFile(path.join(directory, 'ceph.conf'), configuration(fsid, monitorPort, gatewayPort))
  const map = path.join(directory, 'monmap')
  await run('monmaptool', ['--create', '--clobber', '--fsid', fsid, '--addv', 'a', `v1:127.0.0.1:${monitorPort}`, map])
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
  start('ceph-mon', '-i', 'a')
  await until('the monitor', async () => (await ceph('ceph', '--connect-timeout', '2', 'quorum_status')) !== undefined)
  const storeId = randomUUID()
  await ceph('ceph', 'osd', 'new', storeId)
  await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', storeId)
  start('ceph-osd', '-i', '0')
  await until('the store', async () => (await ceph('ceph', 'osd', 'stat')).stdout.includes('1 up'))
  start('radosgw', '-n', 'client.rgw')
  await until('the gateway', () => listens(gatewayPort))
  const { accessKeyId, secretAccessKey } = RADOSGW_KEYS
  const user = ['--uid=test', '--display-name=test', `--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
  await ceph('radosgw-admin', 'user', 'create', ...user)
  return gatewayPort
}

/** What is in memory is meant to be lost: nothing has to be put away. */
function kill(): void {
  for (const child of children) child.kill('SIGKILL')
}

async function end(): Promise<void> {
  kill()
  for (const child of children.splice(0)) if (!isOver(child)) await once(child, 'exit')
}

async function publish(name: string, text: string): Promise<void> {
  const file = path.join(directory, name)
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

process.once('exit', kill)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
const watch = setInterval(() => {
  if (isAlive(Number(owner))) return
  clearInterval(watch)
  void end()
    .then(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }))
    .finally(() => process.exit())
}, OWNER_POLL_MS)
try {
  await publish('ready', String(await bringUpAgain(1)))
} catch (error) {
  await publish('failed', errorMessage(error))
}
