export * from './bootstrap.ts'
export * from './fragment.ts'
export * from './manifest.ts'
