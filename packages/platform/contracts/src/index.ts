export * from './common.ts'
export * from './events.ts'
export * from './node-link.ts'
