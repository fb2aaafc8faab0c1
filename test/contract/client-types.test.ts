import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import { openDb, connect } from '@millrace/db'
import { deriveKeyring, newRootSecret } from '@millrace/auth'

import { createApp } from '../../apps/control/src/app.ts'
import { generateTypes } from '../../packages/platform/client/generate.ts'
import { testScope } from '../support/scope.ts'

/** The document as the control plane serves it; it needs no database for that. */
async function servedDocument(t: test.TestContext): Promise<Record<string, unknown>> {
  const sql = connect('postgres://nobody@127.0.0.1:1/none')
  testScope(t).defer(() => sql.end())
  const app = createApp({ db: openDb(sql), keyring: deriveKeyring(newRootSecret()), log: silentLogger, version: '1' })
  return (await (await app.request('/v1/openapi.json')).json()) as Record<string, unknown>
}

test('the types of the client are those of the served OpenAPI document', async (t) => {
  const written = await readFile(new URL('../../packages/platform/client/src/schema.d.ts', import.meta.url), 'utf8')
  assert.ok(written === (await generateTypes(await servedDocument(t))), 'out of date: npm run client:generate')
})

test('every component of the document has a schema of its own', async (t) => {
  const { components } = (await servedDocument(t)) as { components: { schemas: Record<string, object> } }
  assert.ok(Object.keys(components.schemas).length > 40)
  for (const [name, schema] of Object.entries(components.schemas)) assert.ok(!('$ref' in schema), name)
})
