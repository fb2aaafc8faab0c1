import assert from 'node:assert/strict'
import test from 'node:test'

import { diffConfigs, type Change } from './diff.ts'
import type { ServerConfig } from './schema/schema.ts'
import { load } from './testing.ts'

function config(text: string): ServerConfig {
  const { config: loaded, issues } = load(text)
  assert.ok(loaded, JSON.stringify(issues))
  return loaded
}

const diff = (before: string, after: string): readonly Change[] => diffConfigs(config(before), config(after))
const paths = (changes: readonly Change[]): string[] => changes.map(({ path }) => path)

test('equal configurations have no differences, whatever the files look like', () => {
  assert.deepEqual(diff('vhost a { hls { hls_fragment 10; } }', 'vhost a { } # the default'), [])
})

test('a change names the directive, its vhost, both values and when it counts', () => {
  const [change, ...more] = diff('vhost a { hls { enabled on; } }', 'vhost a { hls { enabled on; hls_fragment 4; } }')
  assert.deepEqual(more, [])
  assert.deepEqual(change, {
    path: 'vhost[a].hls.hls_fragment',
    directive: 'vhost.hls.hls_fragment',
    vhost: 'a',
    before: 10,
    after: 4,
    reload: 'hot',
    status: { type: 'active' },
  })
})

test('global directives are of no vhost, and some count only after a restart', () => {
  const changes = diff('max_connections 1;', 'max_connections 2; http_api { listen 8; } pid x;')
  assert.deepEqual(
    changes.map(({ path, vhost, reload }) => [path, vhost, reload]),
    [
      ['pid', undefined, 'restart'],
      ['max_connections', undefined, 'hot'],
      ['http_api.listen', undefined, 'restart'],
    ],
  )
})

test('vhosts are compared by name, in whatever order they stand', () => {
  assert.deepEqual(diff('vhost a { } vhost b { enabled off; }', 'vhost b { enabled off; } vhost a { }').length, 0)
  const changes = diff('vhost a { } vhost b { }', 'vhost b { } vhost c { }')
  assert.deepEqual(
    changes.map(({ path, before, after }) => [path, before === undefined, after === undefined]),
    [
      ['vhost[a]', false, true],
      ['vhost[c]', true, false],
    ],
  )
})

test('ingests, engines and casters are told apart', () => {
  assert.deepEqual(
    paths(diff('vhost v { ingest a { enabled on; } ingest b { } }', 'vhost v { ingest a { } ingest c { } }')),
    ['vhost[v].ingest[a].enabled', 'vhost[v].ingest[b]', 'vhost[v].ingest[c]'],
  )
  assert.deepEqual(
    paths(
      diff(
        'vhost v { transcode { engine x { } engine x { } } }',
        'vhost v { transcode { engine x { } engine x { vfps 9; } } }',
      ),
    ),
    ['vhost[v].transcode[0].engine[x#1].vfps'],
  )
  assert.deepEqual(
    paths(diff('stream_caster { } stream_caster { }', 'stream_caster { } stream_caster { listen 1; }')),
    ['stream_caster[1].listen'],
  )
})
