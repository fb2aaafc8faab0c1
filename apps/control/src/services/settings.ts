import { z } from 'zod'

import { failure, RequestInvalid } from './failures.ts'
import { faultsOf } from './faults.ts'

/** What an `If-Match` header asks for: undefined without one. */
export type IfMatch = readonly string[] | '*' | undefined

/** Throws `VERSION_CONFLICT` when the row has another version than the caller saw. @see RFC 9110 §13.1.1 */
export function requireVersion(ifMatch: IfMatch, version: number): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.includes(`"${version}"`)) return
  throw failure('VERSION_CONFLICT', `it has changed meanwhile: its ETag is now "${version}"`)
}

/**
 * The settings after a merge patch, checked by their schema: null takes a setting back to its default.
 * Throws `REQUEST_INVALID`. @see RFC 7396
 */
export function patched<S extends z.ZodObject>(
  schema: S,
  current: Record<string, unknown>,
  patch: unknown,
): z.output<S> {
  const settings = Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => [
      name,
      replacedWhole(field, patch, name) ? undefined : current[name],
    ]),
  )
  const result = schema.safeParse(mergePatch(settings, patch))
  if (!result.success) throw new RequestInvalid(faultsOf(result.error))
  return result.data
}

/** One of several shapes is a value: the members of another shape must not be merged into it. */
function replacedWhole(field: z.core.$ZodType, patch: unknown, name: string): boolean {
  const shape = field instanceof z.ZodDefault ? field.unwrap() : field
  return shape instanceof z.ZodDiscriminatedUnion && isObject(patch) && name in patch
}

/** @see RFC 7396 §2 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
