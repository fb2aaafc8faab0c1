import type { Scope } from '@millrace/contracts'
import type { z } from 'zod'

import type { IfMatch } from '../services/settings.ts'
import type { LongUnit, PublicUnit, ReadUnit, WriteUnit } from '../services/unit.ts'
import type { Reply } from '../services/work.ts'

/** Where a request comes from, as far as it says. */
export interface Caller {
  /** Address; undefined where it can't be known. */
  ip: string | undefined
  /** The `Origin` and `Referer` headers. */
  origin: string | undefined
  pageUrl: string | undefined
  /** Where the API is for it, without a slash at the end: `https://control.example`. */
  baseUrl: string
}

/** An answer that isn't JSON: its media type. */
export interface TextAnswer {
  media: readonly string[]
}

/** What a verb gets beside its unit: checked parts of the request. */
export interface Input<P, Q, B> {
  caller: Caller
  params: P
  query: Q
  body: B
  ifMatch: IfMatch
  ifNoneMatch: IfMatch
}

/** A path parameter schema, a query schema, a body schema. */
type Shape = z.ZodType | undefined
type Out<S extends Shape> = S extends z.ZodType ? z.output<S> : undefined

interface RouteBase<P extends Shape, Q extends Shape, B extends Shape> {
  /** OpenAPI's operationId: `createStream`. */
  id: string
  /** With `{name}` for parameters: `/v1/streams/{id}:enable`. */
  path: string
  tag: string
  summary: string
  description?: string
  params?: P
  query?: Q
  body?: B
  /** Schema of each successful answer by status; null for none. */
  answers: Readonly<Record<number, z.ZodType | TextAnswer | null>>
}

interface TokenRoute {
  scope: Scope
}

/** A route that anybody may GET. */
interface PublicQuery<P extends Shape, Q extends Shape> extends RouteBase<P, Q, undefined> {
  run(unit: PublicUnit, input: Input<Out<P>, Out<Q>, undefined>): Promise<Reply>
}

/** A GET for a token. */
interface Query<P extends Shape, Q extends Shape> extends RouteBase<P, Q, undefined>, TokenRoute {
  run(unit: ReadUnit, input: Input<Out<P>, Out<Q>, undefined>): Promise<Reply>
}

/** A POST, PUT, PATCH or DELETE for a token: one transaction. */
interface Command<P extends Shape, Q extends Shape, B extends Shape> extends RouteBase<P, Q, B>, TokenRoute {
  method: 'post' | 'put' | 'patch' | 'delete'
  /** True for what nodes call: no idempotency keys (reports are numbered), larger bodies, and texts of foreign origin are cleaned. */
  link?: boolean
  run(unit: WriteUnit, input: Input<Out<P>, Out<Q>, Out<B>>): Promise<Reply>
}

/** What waits for others in between: it divides itself into transactions, and keeps no answers for a repeated request. */
interface Procedure<P extends Shape, Q extends Shape, B extends Shape> extends RouteBase<P, Q, B>, TokenRoute {
  method: 'post'
  /** As of a command. */
  link?: boolean
  run(unit: LongUnit, input: Input<Out<P>, Out<Q>, Out<B>>): Promise<Reply>
}

interface AnyRoute extends RouteBase<Shape, Shape, Shape> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
}

/** A route as the application mounts it. */
export type Route = AnyRoute &
  (
    | { kind: 'public'; run(unit: PublicUnit, input: Input<unknown, unknown, unknown>): Promise<Reply> }
    | { kind: 'query'; scope: Scope; run(unit: ReadUnit, input: Input<unknown, unknown, unknown>): Promise<Reply> }
    | {
        kind: 'procedure'
        scope: Scope
        link?: boolean
        run(unit: LongUnit, input: Input<unknown, unknown, unknown>): Promise<Reply>
      }
    | {
        kind: 'command'
        scope: Scope
        link?: boolean
        run(unit: WriteUnit, input: Input<unknown, unknown, unknown>): Promise<Reply>
      }
  )

/** Declares a public GET. */
export function publicQuery<P extends Shape = undefined, Q extends Shape = undefined>(spec: PublicQuery<P, Q>): Route {
  return { ...spec, kind: 'public', method: 'get' } as unknown as Route
}

/** Declares a GET. */
export function query<P extends Shape = undefined, Q extends Shape = undefined>(spec: Query<P, Q>): Route {
  return { ...spec, kind: 'query', method: 'get' } as unknown as Route
}

/** Declares a change. */
export function command<P extends Shape = undefined, Q extends Shape = undefined, B extends Shape = undefined>(
  spec: Command<P, Q, B>,
): Route {
  return { ...spec, kind: 'command' } as unknown as Route
}

/** Declares what divides itself into transactions. */
export function procedure<P extends Shape = undefined, Q extends Shape = undefined, B extends Shape = undefined>(
  spec: Procedure<P, Q, B>,
): Route {
  return { ...spec, kind: 'procedure' } as unknown as Route
}

/** 200 with a body. */
export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** 302 to where the thing is. */
export function found(location: string, headers: Readonly<Record<string, string>>): Reply {
  return { status: 302, headers: { ...headers, location } }
}

/** 200 with a resource and its ETag. */
export function okVersioned({ value, version }: { value: unknown; version: number }): Reply {
  return { status: 200, body: value, version }
}

/** 201 with a body, and where the new resource is. */
export function created(body: unknown, location: string, version?: number): Reply {
  return { status: 201, body, headers: { location }, ...(version === undefined ? {} : { version }) }
}

/** 202 with a body: the work is done later. */
export function accepted(body: unknown): Reply {
  return { status: 202, body }
}

/** 204. */
export const noContent: Reply = { status: 204 }
