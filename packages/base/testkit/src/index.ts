export * from './feed.ts'
export * from './frames.ts'
export * from './random.ts'
export * from './scheduler.ts'
