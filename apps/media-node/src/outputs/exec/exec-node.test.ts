import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { startConfNode } from '../../../../../test/support/conf-node.ts'
import { eventually } from '../../../../../test/support/eventually.ts'
import { rawPlayer } from '../../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../../test/support/test-stream.ts'

test("nginx-rtmp's events run programs on a node", { timeout: 30_000 }, async (t) => {
  const scope = testScope(t)
  const node = await startConfNode(
    scope,
    `listen 127.0.0.1:0; srs_log_tank console; ff_log_dir /dev/null; vhost __defaultVhost__ {
      dvr { enabled on; dvr_path ./dvr/[app].[stream].flv; }
      exec { enabled on;
        exec_publish touch published-[stream]; exec_publish_done touch unpublished-[stream];
        exec_play touch played-[stream]; exec_play_done touch left-[stream]; exec_pull sh -c "echo $$ > pulled-[stream]; sleep 1000";
        exec_record_done touch recorded-[filename]; } }`,
  )
  const files = async (wanted: readonly string[]): Promise<void> => {
    await eventually(wanted.join(), async () => {
      const names = await readdir(node.folder)
      return wanted.every((name) => names.includes(name))
    })
  }
  const publisher = new Scope()
  scope.defer(() => publisher.close())
  await publishTestStream(publisher, node.ports.rtmp, 'x')
  await files(['published-x'])
  const player = new Scope()
  scope.defer(() => player.close())
  await rawPlayer(player, `rtmp://127.0.0.1:${node.ports.rtmp}/live/x`)
  await files(['played-x', 'pulled-x'])
  assert.ok(!(await readdir(node.folder)).includes('left-x'))
  await player.close()
  await files(['left-x'])
  await publisher.close()
  await files(['unpublished-x', 'recorded-live.x.flv'])
})
