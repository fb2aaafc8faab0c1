import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { loadConfig } from '@millrace/config'

import { startSample } from '../../../../test/support/conf-node.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { publishWithFfmpeg } from '../../../../test/support/ffmpeg.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { fileMounts } from './file-mounts.ts'

function mountsOf(vhosts: string) {
  const files = { read: () => `listen 1935; ${vhosts}`, glob: () => [] }
  return fileMounts(loadConfig('x.conf', { files, environment: {} }).config?.vhost ?? [])
}

test('vhosts have folders of files, for their hosts, and the default one for all', () => {
  const vhosts = `vhost __defaultVhost__ { http_static { enabled on; mount [vhost]/files; dir /srv/files; } }
    vhost a.example { http_static { enabled on; dir ./a; } }
    vhost b.example { http_static { enabled on; mount /b/[vhost]/; } }
    vhost c.example { enabled off; http_static { enabled on; } }
    vhost d.example { http_static { enabled off; } }`
  assert.deepEqual(mountsOf(vhosts), [
    { host: undefined, prefix: '/files/', folder: '/srv/files' },
    { host: 'a.example', prefix: '/', folder: path.resolve('a') },
    { host: undefined, prefix: '/b/b.example/', folder: path.resolve('objs/nginx/html') },
  ])
})

test('a node serves them, and HLS in them is for viewers', async (t) => {
  const scope = testScope(t)
  const node = await startSample(scope, 'http.server.conf', {
    SRS_VHOST_HLS_ENABLED: 'on',
    SRS_VHOST_HLS_HLS_PATH: './objs/files',
    SRS_VHOST_HLS_HLS_FRAGMENT: '0.5',
  })
  const folder = path.join(node.folder, 'objs/files')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'a.txt'), 'a')
  const url = `http://127.0.0.1:${node.ports.http}/files`
  assert.equal(await (await fetch(`${url}/a.txt`)).text(), 'a')
  assert.equal((await fetch(`http://127.0.0.1:${node.ports.http}/a.txt`)).status, 404)
  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: `rtmp://127.0.0.1:${node.ports.rtmp}/live/x` })
  const playlist = await eventually('a playlist', async () => {
    const answer = await fetch(`${url}/live/x.m3u8`)
    return answer.ok && answer.text()
  })
  assert.match(playlist, /^\/files\/live\/x\.m3u8\?hls_ctx=/m)
})
