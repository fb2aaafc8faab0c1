import assert from 'node:assert/strict'
import test from 'node:test'

import { fileLocator } from './file-mounts.ts'

const locate = fileLocator(() => [
  { host: undefined, prefix: '/', folder: '/html' },
  { host: undefined, prefix: '/files/', folder: '/files' },
  { host: 'a.example', prefix: '/', folder: '/a' },
])
const at = (path: string, host = 'x', params: Record<string, string> = {}): readonly string[] =>
  locate({ path, host, params })

test('a file is looked for where its host and the longest prefix say, then elsewhere', () => {
  assert.deepEqual(at('/live/x.ts'), ['/html/live/x.ts'])
  assert.deepEqual(at('/files/x.ts'), ['/files/x.ts', '/html/files/x.ts'])
  assert.deepEqual(at('/files/', 'a.example'), ['/a/files/index.html', '/files/index.html', '/html/files/index.html'])
  assert.deepEqual(at('/x', 'x', { vhost: 'a.example' }), ['/a/x', '/html/x'])
})

test('no name leads out of a folder, or to a hidden file', () => {
  for (const path of ['/../x', '/files/../x', '/.htpasswd', '//x', '/a\0', '/a/./b']) assert.deepEqual(at(path), [])
})
