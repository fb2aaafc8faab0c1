import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { loadConfig } from '@millrace/config'
import { Scope, silentLogger } from '@millrace/core'

import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { Backend } from '../callbacks/backend.test-support.ts'
import { compose, type MediaNode } from '../compose.ts'
import { confSettings } from './conf-settings.ts'
import { filesFrom } from './files.ts'
import { Vhosts } from './vhosts.ts'

const FOLDER = path.join(import.meta.dirname, '../../../../conf')
// what the samples write goes there
const scratch = mkdtempSync(path.join(tmpdir(), 'millrace-samples-'))
process.chdir(scratch)
test.after(() => rmSync(scratch, { recursive: true, force: true }))
/** They let a publisher of 127.0.0.1, or one without a page, not in. */
const REFUSING = new Set(['security.ip.conf', 'refer.conf'])
/** What edges fetch from and publish to. */
const ORIGIN = 'origin.conf'
const NO_URLS = '{"code":0,"data":{"urls":[]}}'
/** For reading only. */
const samples = readdirSync(FOLDER).filter((name) => name.endsWith('.conf') && name !== 'full.conf')

/** A node by a sample, with its listeners on free ports of 127.0.0.1. */
async function start(scope: Scope, sample: string): Promise<MediaNode['ports'] & { flv: boolean }> {
  const any = '127.0.0.1:0'
  const environment = {
    SRS_LISTEN: any,
    SRS_HTTP_API_LISTEN: any,
    SRS_HTTP_API_HTTPS_LISTEN: any,
    SRS_HTTP_SERVER_LISTEN: any,
    SRS_HTTP_SERVER_HTTPS_LISTEN: any,
    SRS_RTC_SERVER_LISTEN: any,
  }
  const backend = await Backend.start(scope)
  const files = filesFrom('.')
  backend.answer = ({ path: asked }) => (asked === '/api/v1/forward' ? NO_URLS : '0')
  const origin = sample === ORIGIN ? undefined : await start(scope, ORIGIN)
  const read = (name: string): string | undefined =>
    files
      .read(name)
      ?.replaceAll(/https?:\/\/127\.0\.0\.1(:8085)?(?=\/api)/g, backend.url(''))
      .replaceAll(/127\.0\.0\.1:1935[0-2]?(?=[ ;])/g, `127.0.0.1:${origin?.rtmp}`)
  const { config } = loadConfig(path.join(FOLDER, sample), { files: { ...files, read }, environment })
  assert.ok(config)
  const node = new Scope()
  scope.defer(() => node.close())
  const { ports } = await compose(confSettings(config, 'vid-test'), node, silentLogger, new Vhosts(config))
  const remux = config.vhost[0]?.http_remux
  const flv = config.http_server.enabled && remux?.enabled === true && remux.mount.endsWith('.flv')
  return { ...ports, flv }
}

// the time goes by with waiting for pictures
test.describe('every sample', { concurrency: 16 }, () => {
  for (const sample of samples) {
    test(`${sample} starts, is published to and played`, async (t) => {
      const scope = testScope(t)
      const { rtmp, http, flv } = await start(scope, sample)
      if (REFUSING.has(sample)) {
        await assert.rejects(publishTestStream(scope, rtmp, 'x'), { code: 'SUPPORT_RTMP' })
        return
      }
      await publishTestStream(scope, rtmp, 'x')
      await rawPlayer(scope, `rtmp://127.0.0.1:${rtmp}/live/x`)
      if (!flv) return
      const player = FlvPlayer.play(scope, `http://127.0.0.1:${http}/live/x.flv`)
      await player.until('a picture', () => player.videoFrames > 0)
    })
  }
})
