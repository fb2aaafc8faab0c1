export * from './seal.ts'
export * from './secrets.ts'
