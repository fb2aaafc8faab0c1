import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

import { ServiceError } from '@millrace/core'

import { ASSETS } from './assets.ts'
import { createWebAssets } from './web-assets.ts'
import type { AssetResponse } from './web-assets.ts'

const REPOSITORY = fileURLToPath(new URL('../../../../../', import.meta.url))
const assets = createWebAssets()

async function get(pathname: string, request = {}): Promise<AssetResponse> {
  const response = await assets.handle(pathname, request)
  assert.ok(response, `${pathname} is not an asset`)
  return response
}

async function text(pathname: string): Promise<string> {
  return Buffer.from((await get(pathname)).body ?? []).toString('utf8')
}

test('serves every listed file', async () => {
  for (const [pathname, { type }] of ASSETS) {
    const { status, headers, body } = await get(pathname)
    assert.equal(status, 200)
    assert.equal(headers['content-type'], type)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['content-length'], String(body?.byteLength))
    assert.ok(body && body.byteLength > 0, pathname)
  }
})

const PAGES = ['/', '/recordings', '/publish']

test('lists every file that the pages refer to', async () => {
  const seen = new Set<string>(PAGES)
  for (const pathname of PAGES) {
    const page = await text(pathname)
    const links = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, url = '']) => url)
    const imports = JSON.parse(/<script type="importmap">([^<]*)</.exec(page)?.[1] ?? '') as {
      imports: Record<string, string>
    }
    const queue = [...links, ...Object.values(imports.imports)]
    const followed = new Set<string>()
    for (let url = queue.pop(); url; url = queue.pop()) {
      if (followed.has(url)) continue
      followed.add(url)
      assert.ok(ASSETS.has(url), `${url} is referred to and not listed`)
      if (!url.endsWith('.ts')) continue
      const targets = (await text(url)).matchAll(/^(?:import|export) [^']*?from '([^']+)'/gm)
      for (const [, target = ''] of targets) {
        queue.push(target.startsWith('.') ? join(dirname(url), target) : (imports.imports[target] ?? target))
      }
    }
    for (const url of followed) seen.add(url)
  }
  assert.deepEqual(
    [...ASSETS.keys()].filter((url) => !seen.has(url)),
    [],
    'listed and never referred to',
  )
})

test('strips types, without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const source = await text('/assets/player/sources.ts')
  process.off('warning', onWarning)
  assert.match(source, /export function sourceUrls\(/)
  assert.doesNotMatch(source, /export interface|import type/)
  assert.deepEqual(warnings, [])
})

test('anything not listed is not an asset', () => {
  for (const pathname of ['', '//', '/assets', '/assets/', '/index.html', '/assets/player', '/package.json']) {
    assert.equal(assets.handle(pathname), undefined, pathname)
  }
  for (const pathname of ['/../package.json', '/assets/player/../../package.json', '/assets/player/%2e%2e/index.ts']) {
    assert.equal(assets.handle(pathname), undefined, pathname)
  }
})

test('compresses with what the client accepts', async () => {
  const plain = (await get('/')).body ?? new Uint8Array()
  const cases: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['GZIP', 'gzip'],
    ['br ; q=0.000, gzip; q=0', undefined],
  ]
  for (const [acceptEncoding, expected] of cases) {
    const { headers, body } = await get('/', { acceptEncoding })
    assert.equal(headers['content-encoding'], expected, String(acceptEncoding))
    assert.equal(headers['vary'], 'accept-encoding')
    assert.ok(body)
    const decoded = expected === 'br' ? brotliDecompressSync(body) : expected === 'gzip' ? gunzipSync(body) : body
    assert.deepEqual(Buffer.from(decoded), Buffer.from(plain))
  }
  const first = await get('/', { acceptEncoding: 'br' })
  const second = await get('/', { acceptEncoding: 'br' })
  assert.equal(first.body, second.body, 'compressed once')
})

test('answers 304 to a tag that is still current, and only to that', async () => {
  const { headers } = await get('/', { acceptEncoding: 'br' })
  const tag = headers['etag'] ?? ''
  assert.match(tag, /^"[\w-]+-br"$/)
  for (const ifNoneMatch of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
    const response = await get('/', { acceptEncoding: 'br', ifNoneMatch })
    assert.equal(response.status, 304, ifNoneMatch)
    assert.equal(response.body, null)
    assert.equal(response.headers['etag'], tag)
    assert.equal(response.headers['content-length'], undefined)
  }
  for (const ifNoneMatch of ['"x"', '', tag.slice(0, -1)]) {
    assert.equal((await get('/', { acceptEncoding: 'br', ifNoneMatch })).status, 200, ifNoneMatch)
  }
  assert.equal((await get('/', { ifNoneMatch: tag })).status, 200, 'another encoding has another tag')
})

test('the policy of the page admits its own inline script and nothing from elsewhere', async () => {
  const { headers } = await get('/')
  const policy = headers['content-security-policy'] ?? ''
  const script = /<script type="importmap">([^<]*)<\/script>/.exec(await text('/'))?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  assert.ok(policy.includes(`script-src 'self' 'sha256-${hash}'`), policy)
  assert.ok(policy.startsWith("default-src 'none'"))
  assert.match(policy, /media-src 'self' blob:/)
  assert.match(policy, /worker-src 'self' blob:/)
  assert.doesNotMatch(policy, /unsafe|https?:|\*/)
})

test('a page that plays from storages may fetch from anywhere, and runs its own scripts only', async () => {
  const { headers } = await get('/recordings')
  const policy = headers['content-security-policy'] ?? ''
  assert.match(policy, /connect-src 'self' http: https:/)
  assert.match(policy, /script-src 'self' 'sha256-[^;]*'; worker-src 'self' blob:; style-src 'self';/)
  assert.doesNotMatch(policy, /unsafe|\*/)
})

test('a missing file is a coded error, and is served once it is there', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'millrace-web-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const local = createWebAssets({ root })
  for (const pathname of ['/', '/assets/player/index.ts']) {
    await assert.rejects(
      async () => local.handle(pathname),
      (error) => error instanceof ServiceError && error.code === 'WEB_ASSET_UNREADABLE',
    )
  }
  for (const { file } of ASSETS.values()) await cp(join(REPOSITORY, file), join(root, file), { recursive: true })
  assert.equal((await local.handle('/'))?.status, 200)
  assert.equal((await local.handle('/assets/player/index.ts'))?.status, 200)
})
