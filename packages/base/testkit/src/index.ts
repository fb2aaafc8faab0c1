export * from './feed.ts'
export * from './random.ts'
