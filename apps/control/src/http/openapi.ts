import { eventSchema, problemSchema } from '@millrace/contracts'
import { z } from 'zod'

import type { Route } from './route.ts'

type Json = Record<string, unknown>

const PROBLEM_STATUSES = {
  '400': 'The request cannot be read',
  '401': 'No valid token',
  '403': 'The token lacks the scope',
  '404': 'No such resource',
  '409': 'It contradicts the state of the resource',
  '412': 'The resource has changed since its ETag was read',
  '413': 'The body is too large',
  '415': 'The body is not JSON',
  '422': 'The request has values that are not allowed',
  '429': 'Too many requests by this token',
  '503': 'The database is away for the moment',
} as const

/**
 * The OpenAPI 3.1 document of the routes. zod writes the JSON Schemas (3.1 takes draft 2020-12 as it is); those with an id
 * become components.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const components = new Components()
  const paths: Record<string, Json> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, components)
  const event = components.reference(eventSchema, 'output')
  return {
    openapi: '3.1.1',
    info: {
      title: 'Millrace control plane',
      version,
      description: 'Streams, keys, sessions and webhooks of Millrace. Errors are problem+json with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    webhooks: {
      event: {
        post: {
          summary: 'An event, signed by Standard Webhooks 1.0',
          security: [],
          requestBody: { content: { 'application/json': { schema: event } } },
          responses: { '2XX': { description: 'Received' } },
        },
      },
    },
    components: {
      schemas: components.schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token, tok_…' } },
    },
  }
}

function operation(route: Route, components: Components): Json {
  const problem = { 'application/problem+json': { schema: components.reference(problemSchema, 'output') } }
  const failures = problemStatuses(route).map((status) => [
    status,
    { description: PROBLEM_STATUSES[status], content: problem },
  ])
  const answers = Object.entries(route.answers).map(([status, schema]) => [status, answer(status, schema, components)])
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...describe(route),
    ...(route.kind === 'public' ? { security: [] } : {}),
    parameters: parameters(route, components),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body, components) }),
    responses: Object.fromEntries([...answers, ...failures]),
  }
}

function answer(status: string, schema: Route['answers'][number], components: Components): Json {
  if (schema === null) return { description: status === '302' ? 'It is at `Location`' : 'Done' }
  const content =
    'media' in schema
      ? schema.media.map((type) => [type, { schema: { type: 'string' } }])
      : [['application/json', { schema: components.reference(schema, 'output') }]]
  return { description: 'The answer', content: Object.fromEntries(content) }
}

function describe(route: Route): Json {
  const lines = [route.description, route.kind === 'public' ? undefined : `Scope: \`${route.scope}\`.`]
  const description = lines.filter((line) => line !== undefined).join('\n\n')
  return description === '' ? {} : { description }
}

function requestBody(route: Route, body: z.ZodType, components: Components): Json {
  const type = route.method === 'patch' ? 'application/merge-patch+json' : 'application/json'
  return {
    required: !body.safeParse({}).success,
    content: { [type]: { schema: components.reference(body, 'input') } },
  }
}

function parameters(route: Route, components: Components): Json[] {
  const list: Json[] = [
    ...fields(route.params, components).map((field) => ({ ...field, in: 'path', required: true })),
    ...fields(route.query, components).map((field) => ({ ...field, in: 'query' })),
  ]
  if (route.kind !== 'command' || route.link === true || route.method === 'put') return list
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  })
  if (route.method === 'post')
    list.push(header('Idempotency-Key', 'Makes it safe to send the same request again for 24 h'))
  else list.push(header('If-Match', 'The ETag that was read: 412 if the resource has changed since'))
  return list
}

function fields(schema: z.ZodType | undefined, components: Components): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = components.reference(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property,
  }))
}

function problemStatuses(route: Route): (keyof typeof PROBLEM_STATUSES)[] {
  const list: (keyof typeof PROBLEM_STATUSES)[] = ['503']
  // a public route that asks for something is one of viewers, who may need a token of theirs
  if (route.kind !== 'public' || route.query !== undefined) list.push('401', '403')
  if (route.kind !== 'public') list.push('429')
  if (route.params !== undefined || route.kind === 'command') list.push('404')
  if (route.query !== undefined || route.kind === 'command') list.push('422')
  if (route.kind === 'command') list.push('400', '409', '413', '415')
  if (route.kind === 'command' && route.method !== 'post') list.push('412')
  return list.toSorted()
}

/** Collects the schemas that have an id. */
class Components {
  readonly schemas: Record<string, Json> = {}

  /** The schema, a reference to it where it has an id; those inside it that have an id are collected too. */
  reference(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs = {},
      ...body
    } = z.toJSONSchema(schema, { io }) as Json & { $defs?: Record<string, Json> }
    for (const [name, definition] of Object.entries($defs)) this.schemas[name] = relocated(definition) as Json
    return relocated(body) as Json
  }
}

/** References to `$defs` made references to components. */
function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === '$ref' ? String(item).replace('#/$defs/', '#/components/schemas/') : relocated(item),
    ]),
  )
}
