/** Every callback of SRS, and `on_forward` and the heartbeat, as a backend gets them of one stream and its player. */
import assert from 'node:assert/strict'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { startConfNode } from '../../../../test/support/conf-node.ts'
import { publishWithFfmpeg } from '../../../../test/support/ffmpeg.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { Backend } from './backend.test-support.ts'

const CLIENT = 'server_id action client_id ip vhost app'
/** The members of each body, in the order of the reference. */
const GOLDEN: Readonly<Record<string, string>> = {
  on_connect: `${CLIENT} stream param tcUrl pageUrl`,
  on_close: `${CLIENT} send_bytes recv_bytes`,
  on_publish: `${CLIENT} tcUrl stream param`,
  on_unpublish: `${CLIENT} stream param`,
  on_play: `${CLIENT} stream param pageUrl`,
  on_stop: `${CLIENT} stream param`,
  on_dvr: `${CLIENT} stream param cwd file`,
  on_hls: `${CLIENT} stream param duration cwd file url m3u8 m3u8_url seq_no`,
  on_forward: 'action server_id service_id client_id ip vhost app tcUrl stream param',
}

test('each callback has the members of SRS, in its order, as compact JSON', async (t) => {
  const scope = testScope(t)
  const backend = await Backend.start(scope)
  backend.answer = ({ path }) => (path === '/on_forward' ? '{"code":0,"data":{"urls":[]}}' : '0')
  const events = Object.keys(GOLDEN).filter((event) => event !== 'on_forward')
  const node = await startConfNode(
    scope,
    `listen 127.0.0.1:0; srs_log_tank console; server_id vid-0xk989d;
    heartbeat { enabled on; interval 1; device_id here; url ${backend.url('/heartbeat')}; summaries on; }
    vhost __defaultVhost__ {
      http_hooks { enabled on; ${events.map((event) => `${event} ${backend.url(`/${event}`)};`).join(' ')}
        on_hls_notify ${backend.url('/notify/[server_id]/[app]/[stream]/[ts_url][param]')}; }
      forward { enabled on; backend ${backend.url('/on_forward')}; }
      hls { enabled on; hls_fragment 1; hls_path ./hls; }
      dvr { enabled on; dvr_path ./dvr/[stream].flv; }
    }`,
  )
  const url = `rtmp://127.0.0.1:${node.ports.rtmp}/live/x?token=t`
  const clients = new Scope()
  scope.defer(() => clients.close())
  await publishWithFfmpeg(clients, { url, video: 'h264', audio: 'aac' })
  await rawPlayer(clients, url)
  const of = (path: string) => backend.calls.filter((call) => call.path.startsWith(path))
  await backend.until(() => of('/on_hls').length > 0 && of('/notify').length > 0 && of('/heartbeat').length > 0)
  await clients.close()
  await backend.until(() => of('/on_close').length === 2 && of('/on_dvr').length > 0)
  for (const [event, members] of Object.entries(GOLDEN)) {
    const [call] = of(`/${event}`)
    assert.ok(call, event)
    const body = JSON.parse(call.body) as Readonly<Record<string, unknown>>
    assert.equal(Object.keys(body).join(' '), members, event)
    assert.equal(JSON.stringify(body), call.body, event)
    assert.deepEqual([call.method, body['action'], body['server_id']], ['POST', event, 'vid-0xk989d'])
    assert.equal(body['param'] ?? '?token=t', '?token=t', event)
  }
  const [notify] = of('/notify')
  assert.deepEqual(
    [notify?.method, notify?.path, notify?.body],
    ['GET', '/notify/vid-0xk989d/live/x/live/x-0.ts?token=t', ''],
  )
  const heartbeat = JSON.parse(of('/heartbeat')[0]?.body ?? '') as { summaries: { data: object } }
  assert.equal(Object.keys(heartbeat).join(' '), 'device_id ip summaries')
  assert.equal(Object.keys(heartbeat.summaries.data).join(' '), 'ok now_ms self system')
})
