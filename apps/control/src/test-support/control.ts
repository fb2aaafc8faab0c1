import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { deriveKeyring, hashSecret, type Keyring, newApiToken, newRootSecret } from '@millrace/auth'
import { problemSchema, type Scope } from '@millrace/contracts'
import { type Logger, silentLogger } from '@millrace/core'
import { apiTokens, connect, type Db, newId, openDb, projects } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'

import { createApp } from '../app.ts'
import { RequestMetrics } from '../http/observe.ts'
import type { Route } from '../http/route.ts'
import { routes } from '../routes/index.ts'
import { ensureDefaults } from '../services/bootstrap.ts'

const VERSION = '1.2.3'

/** What a test says about a request beside method and path. */
export interface CallOptions {
  /** Default the admin's; null for none. */
  token?: string | null
  body?: unknown
  headers?: Record<string, string>
}

/** An answer whose body has been checked against the route's schema. */
export interface CallAnswer {
  status: number
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests assert on what they read
  body: any
}

/** The application on a database of its own, with a clock that tests move. */
export interface TestControl {
  db: Db
  keyring: Keyring
  /** Where local storages may be. */
  storageDir: string
  pg: TestPostgres
  adminToken: string
  nodeToken: string
  /** Moves the application's clock. */
  advance(ms: number): void
  now(): Date
  /** Sends a request to the application; the answer must match its schema exactly. */
  call(method: string, path: string, options?: CallOptions): Promise<CallAnswer>
  /** Ids of the routes that have answered with success. */
  answered: ReadonlySet<string>
  /** The same without any check. */
  raw(path: string, init?: RequestInit): Promise<Response>
  /** A token of the default project, or of another one, with these scopes. */
  token(scopes: readonly Scope[], projectId?: string): Promise<string>
  /** Another tenant. */
  project(name: string): Promise<string>
  close(): Promise<void>
}

/** Starts PostgreSQL and builds the application on it. */
export async function startTestControl(log: Logger = silentLogger): Promise<TestControl> {
  const pg = await startTestPostgres()
  const sql = connect(await pg.createDatabase(), { maxConnections: 8 })
  const db = openDb(sql)
  const keyring = deriveKeyring(newRootSecret())
  const storageDir = await mkdtemp(path.join(tmpdir(), 'millrace-objects-'))
  const [adminToken, nodeToken] = [newApiToken(), newApiToken()]
  let offsetMs = 0
  const answered = new Set<string>()
  const now = () => new Date(Date.now() + offsetMs)
  await ensureDefaults(db, keyring, { admin: adminToken, node: nodeToken })
  const [project] = await db.select().from(projects)
  const app = createApp({
    db,
    keyring,
    log,
    version: VERSION,
    metrics: new RequestMetrics(),
    hookAllow: ['127.0.0.0/8'],
    storage: {
      allow: ['127.0.0.0/8'],
      directories: [storageDir],
      retry: { attempts: 1, baseMs: 0, maxMs: 0 },
    },
    now,
  })
  const raw = async (path: string, init?: RequestInit) => app.request(path, init)
  return {
    db,
    keyring,
    storageDir,
    pg,
    adminToken,
    nodeToken,
    answered,
    now,
    advance(ms) {
      offsetMs += ms
    },
    raw,
    async call(method, path, { token = adminToken, body, headers = {} } = {}) {
      const response = await raw(path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const answer = {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : isJson(response) ? JSON.parse(text) : text,
      }
      const route = checkAnswer(method, path, answer)
      if (route !== undefined) answered.add(route.id)
      return answer
    },
    async token(scopes, projectId = project!.id) {
      const secret = newApiToken()
      const hash = hashSecret(keyring, secret)
      await db
        .insert(apiTokens)
        .values({ id: newId('token'), projectId, name: 'test', hash, last4: secret.slice(-4), scopes: [...scopes] })
      return secret
    },
    async project(name) {
      const id = newId('project')
      await db.insert(projects).values({ id, name })
      return id
    },
    async close() {
      await sql.end({ timeout: 1 })
      await pg.close()
      await rm(storageDir, { recursive: true, force: true })
    },
  }
}

const isJson = ({ headers }: Response): boolean => headers.get('content-type')?.endsWith('json') ?? false

/** All routes of the application. */
export const allRoutes: readonly Route[] = routes(VERSION)

/** Checks an answer against its route's schema; returns the route unless it is a problem. */
function checkAnswer(method: string, path: string, { status, headers, body }: CallAnswer): Route | undefined {
  const where = `${method} ${path} ${status}`
  assert.ok(headers.get('x-request-id'), where)
  if (status >= 400) {
    assert.equal(headers.get('content-type'), 'application/problem+json', where)
    assert.deepEqual(problemSchema.parse(body), body, where)
    assert.equal(body.status, status, where)
    assert.equal(body.request_id, headers.get('x-request-id'), where)
    return undefined
  }
  const route = allRoutes.find(
    (candidate) => candidate.method === method.toLowerCase() && pattern(candidate.path).test(path),
  )
  assert.ok(route, `no route for ${where}`)
  assert.ok(status in route.answers, `undeclared: ${where}`)
  const schema = route.answers[status]
  // parsing drops what the schema doesn't know, so an equal result means that nothing was added
  if (schema && 'media' in schema) assert.ok(schema.media.includes(headers.get('content-type') ?? ''), where)
  else if (schema) assert.deepEqual(schema.parse(body), body, where)
  else assert.equal(body, undefined, where)
  return route
}

const pattern = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/:]+')}(\\?.*)?$`)
