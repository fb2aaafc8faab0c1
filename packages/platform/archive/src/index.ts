export * from './playlist.ts'
export * from './segments.ts'
