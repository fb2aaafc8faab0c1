export * from './redact.ts'
export * from './seal.ts'
export * from './secrets.ts'
