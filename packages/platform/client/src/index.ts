export * from './client.ts'
export * from './errors.ts'
export * from './paging.ts'
export type { components, operations, paths } from './schema.d.ts'
