import { AsyncLocalStorage } from 'node:async_hooks'

/** Facts about a piece of work: never a secret, and no path that may hold one. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface SpanOptions {
  kind: 'server' | 'client' | 'internal'
  /** `traceparent` of what this work is part of; else what runs around it, else it begins a trace. */
  parent?: string | undefined
  attributes?: SpanAttributes
}

/** A piece of work while it runs. */
export interface Span {
  /** Says what it is, once that is known. */
  name(name: string): void
  set(attributes: SpanAttributes): void
}

/** Tells how long work takes, and what it is part of. */
export interface Tracer {
  /** Runs `work`; meanwhile, and in what it calls, `activeTraceparent` is this work's. What it throws is told and passed on. */
  run<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>
}

const active = new AsyncLocalStorage<string>()

/** `traceparent` of the work that this call is part of: for requests that are sent, and rows that are written. */
export function activeTraceparent(): string | undefined {
  return active.getStore()
}

/** Runs `work` as part of what `traceparent` names. */
export function withTraceparent<T>(traceparent: string, work: () => T): T {
  return active.run(traceparent, work)
}

/** Runs `work` as part of what a row or message says it is part of, if that is anything. */
export function partOf<T>(traceparent: string | null | undefined, work: () => T): T {
  const known = readTraceparent(traceparent ?? undefined)
  return known === undefined ? work() : withTraceparent(known, work)
}

/** Runs `work` as part of nothing: what it does is for many, and only happens to begin here. */
export function withoutTraceparent<T>(work: () => T): T {
  return active.exit(work)
}

/** A header's value if it is one of version 00. @see W3C Trace Context §3.2 */
export function readTraceparent(header: string | undefined): string | undefined {
  const [, traceId, spanId] = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/.exec(header ?? '') ?? []
  return traceId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId ?? '') ? undefined : header
}

/** Tells nobody, and passes on what it was given. */
export const passingTracer: Tracer = {
  run(_name, { parent }, work) {
    const silent: Span = { name() {}, set() {} }
    return parent === undefined ? work(silent) : withTraceparent(parent, () => work(silent))
  },
}
