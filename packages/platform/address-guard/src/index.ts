export * from './address-guard.ts'
export { guardedLookup } from './guarded-lookup.ts'
