import type { Scope } from '@millrace/contracts'
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { Validator } from '@seriousme/openapi-schema-validator'

import { allRoutes, startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const ID = '01jd8y4v5xk3q9m2w7r6t0abcd'

test('health answers without a token', async () => {
  const { status, body } = await control.call('GET', '/v1/health', { token: null })
  assert.equal(status, 200)
  assert.equal(body.version, '1.2.3')
})

test('a request without, with a wrong and with an expired token is refused with 401', async () => {
  const missing = await control.call('GET', '/v1/streams', { token: null })
  assert.equal(missing.body.code, 'TOKEN_MISSING')
  assert.match(missing.headers.get('www-authenticate')!, /^Bearer/)
  assert.equal((await control.call('GET', '/v1/streams', { token: 'tok_nobody' })).body.code, 'TOKEN_INVALID')
  const { body } = await control.call('POST', '/v1/tokens', {
    body: {
      name: 'short',
      scopes: ['streams:read'],
      expires_at: new Date(control.now().getTime() + 5000).toISOString(),
    },
  })
  assert.equal((await control.call('GET', '/v1/streams', { token: body.secret })).status, 200)
  control.advance(6000)
  assert.equal((await control.call('GET', '/v1/streams', { token: body.secret })).body.code, 'TOKEN_EXPIRED')
})

test('every route but the public ones refuses a token without its scope, before it looks at anything else', async () => {
  const nothing = await control.token(['nodes:read'])
  const scopes: Scope[] = ['streams:read', 'vhosts:read', 'webhooks:read', 'events:read', 'storages:read', 'nodes:read']
  const readOnly = await control.token(scopes)
  for (const route of allRoutes) {
    if (route.kind === 'public') continue
    const path = route.path.replaceAll(/\{\w+\}/g, 'x')
    if (route.scope !== 'nodes:read') {
      const { body } = await control.call(route.method.toUpperCase(), path, { token: nothing })
      assert.equal(body.code, 'SCOPE_MISSING', route.id)
    }
    if (route.kind !== 'query') {
      const { body } = await control.call(route.method.toUpperCase(), path, { token: readOnly })
      assert.equal(body.code, 'SCOPE_MISSING', route.id)
    }
  }
})

test('write scopes read too, admin does everything', async () => {
  const writer = await control.token(['streams:write'])
  assert.equal((await control.call('GET', '/v1/streams', { token: writer })).status, 200)
  assert.equal((await control.call('GET', '/v1/vhosts', { token: writer })).status, 403)
  assert.equal((await control.call('GET', '/v1/nodes')).status, 200)
})

test('an id that is unknown, of another kind or no id at all is 404 on every route', async () => {
  for (const route of allRoutes.filter(({ params }) => params !== undefined)) {
    for (const id of ['x', `req_${ID}`]) {
      const path = route.path.replaceAll(/\{\w+\}/g, id)
      const { body } = await control.call(route.method.toUpperCase(), path, {
        body: route.kind === 'command' ? {} : undefined,
      })
      assert.equal(body.code, 'RESOURCE_NOT_FOUND', `${route.id} ${id}`)
    }
  }
})

test('a path or method that is not there is a problem too', async () => {
  assert.equal((await control.call('GET', '/v1/nothing')).body.code, 'ROUTE_NOT_FOUND')
  assert.equal((await control.call('PUT', '/v1/streams')).body.code, 'ROUTE_NOT_FOUND')
})

test('bodies that are not JSON, too large, or of another type are refused', async () => {
  const post = async (body: string | Uint8Array<ArrayBuffer>, type?: string) => {
    const response = await control.raw('/v1/streams', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${control.adminToken}`,
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      body,
    })
    return ((await response.json()) as { code: string }).code
  }
  const json = 'application/json'
  assert.equal(await post('{', json), 'REQUEST_MALFORMED')
  assert.equal(await post(new Uint8Array([0x22, 0xff, 0x22]), json), 'REQUEST_MALFORMED')
  assert.equal(await post('{"title":"a\\u0000b"}', json), 'REQUEST_MALFORMED')
  assert.equal(await post('{"title":"\\ud800"}', json), 'REQUEST_MALFORMED')
  assert.equal(await post('{"metadata":{"\\u0000":"x"}}', json), 'REQUEST_MALFORMED')
  assert.equal(await post(`{"title":"${'x'.repeat(300_000)}"}`, json), 'REQUEST_TOO_LARGE')
  assert.equal(await post('name=x', 'application/x-www-form-urlencoded'), 'MEDIA_TYPE_UNSUPPORTED')
  assert.equal(await post('[]', json), 'REQUEST_INVALID')
  assert.equal(await post('{"__proto__":{"x":1}}', json), 'REQUEST_INVALID')
  assert.equal(await post(`${'['.repeat(100_000)}`, json), 'REQUEST_MALFORMED')
})

test('a body without a length is bounded too', async () => {
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) })
  const response = await control.raw('/v1/streams', {
    method: 'POST',
    headers: { authorization: `Bearer ${control.adminToken}`, 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit)
  assert.equal(response.status, 413)
})

test('what is wrong is told by pointer, and the values are not repeated', async () => {
  const { status, body } = await control.call('POST', '/v1/streams', {
    body: { name: 'a/b', metadata: { 'a/b': 7 }, tags: ['ok', ''], secretive: 'hunter2' },
  })
  assert.equal(status, 422)
  const pointers = body.errors.map((error: { pointer: string }) => error.pointer)
  for (const pointer of ['/name', '/metadata/a~1b', '/tags/1']) assert.ok(pointers.includes(pointer), pointer)
  assert.ok(!JSON.stringify(body).includes('hunter2'))
  const query = await control.call('GET', '/v1/streams?limit=1000')
  assert.equal(query.body.errors[0].pointer, 'limit')
})

test('a request id is taken over when it is sane, and made otherwise', async () => {
  const given = await control.call('GET', '/v1/health', { headers: { 'x-request-id': 'abc-1.2:3' } })
  assert.equal(given.headers.get('x-request-id'), 'abc-1.2:3')
  const made = await control.call('GET', '/v1/health', { headers: { 'x-request-id': 'a b' } })
  assert.match(made.headers.get('x-request-id')!, /^req_/)
})

test('browsers may call from anywhere, with the headers they need', async () => {
  const preflight = await control.raw('/v1/streams', {
    method: 'OPTIONS',
    headers: { origin: 'https://console.example', 'access-control-request-method': 'PATCH' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
  assert.match(preflight.headers.get('access-control-allow-headers')!, /idempotency-key/i)
  const { headers } = await control.call('GET', '/v1/health', { headers: { origin: 'https://console.example' } })
  assert.match(headers.get('access-control-expose-headers')!, /etag/i)
  assert.equal(headers.get('access-control-allow-credentials'), null)
})

test('answers for a token are not cached', async () => {
  assert.equal((await control.call('GET', '/v1/streams')).headers.get('cache-control'), 'no-store')
})

test('the OpenAPI document is valid and has every route with its component schemas', async () => {
  const response = await control.raw('/v1/openapi.json')
  const document = (await response.json()) as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string }>>
    components: { schemas: Record<string, unknown> }
  }
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  assert.ok(valid, JSON.stringify(errors, null, 1))
  assert.match(document.openapi, /^3\.1\./)
  const operations = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  assert.deepEqual(operations.toSorted(), allRoutes.map(({ id }) => id).toSorted())
  assert.equal(new Set(operations).size, operations.length)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!)
  assert.ok(references.length > 0)
  for (const target of references) {
    assert.ok(target.slice('#/components/schemas/'.length) in document.components.schemas, target)
  }
  for (const name of ['Stream', 'StreamCreate', 'Problem', 'Vhost', 'WebhookEndpoint']) {
    assert.ok(name in document.components.schemas, name)
  }
})

test('the documentation page is served whole from here', async () => {
  const page = await control.raw('/docs')
  const html = await page.text()
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/)
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, url]) => url!)
    .filter((url) => !url.startsWith('data:'))
  assert.equal(assets.length, 3)
  for (const url of assets) {
    assert.ok(url.startsWith('/docs/'), url)
    const response = await control.raw(url)
    assert.equal(response.status, 200, url)
    assert.ok((await response.arrayBuffer()).byteLength > 100)
  }
})
