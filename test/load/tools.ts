import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { installPeers } from '../../infra/dev/peers.ts'
import { SupportError } from '../support/errors.ts'

const run = promisify(execFile)

const cacheDirectory = path.join(tmpdir(), 'millrace-bench')
const SYSTEM_NGINX = '/usr/sbin/nginx'
const RTMP_MODULE = 'usr/lib/nginx/modules/ngx_rtmp_module.so'

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** The load generator, built once for each version of its source. Installs Go where it can. */
export async function buildGenerator(): Promise<string> {
  installPeers([{ program: 'go', debian: 'golang-go' }])
  const source = path.join(import.meta.dirname, 'flvload')
  const hash = createHash('sha256')
  for (const name of (await readdir(source)).toSorted()) hash.update(await readFile(path.join(source, name)))
  const binary = path.join(cacheDirectory, `flvload-${hash.digest('hex').slice(0, 16)}`)
  if (await exists(binary)) return binary
  await mkdir(cacheDirectory, { recursive: true })
  await run('go', ['build', '-trimpath', '-o', binary, '.'], { cwd: source })
  return binary
}

/**
 * nginx and its RTMP module: the installed ones, or Debian's packages unpacked into the cache. They are not
 * installed because Debian's package starts a web server on port 80.
 */
export async function installNginxRtmp(): Promise<{ program: string; rtmpModule: string }> {
  const installed = { program: SYSTEM_NGINX, rtmpModule: `/${RTMP_MODULE}` }
  if ((await exists(installed.program)) && (await exists(installed.rtmpModule))) return installed
  const unpacked = path.join(cacheDirectory, 'nginx')
  const found = { program: path.join(unpacked, SYSTEM_NGINX), rtmpModule: path.join(unpacked, RTMP_MODULE) }
  if (await exists(found.rtmpModule)) return found
  await mkdir(cacheDirectory, { recursive: true })
  const staging = await mkdtemp(path.join(cacheDirectory, 'nginx-'))
  try {
    await run('apt-get', ['-qq', 'update'], { cwd: staging })
    await run('apt-get', ['-qq', 'download', 'nginx', 'libnginx-mod-rtmp'], { cwd: staging })
    for (const name of await readdir(staging)) await run('dpkg', ['-x', path.join(staging, name), staging])
    await rename(staging, unpacked)
  } catch (cause) {
    await rm(staging, { recursive: true, force: true })
    throw new SupportError('SUPPORT_NO_NGINX', 'nginx with libnginx-mod-rtmp is neither installed nor to be had', {
      cause,
    })
  }
  return found
}
