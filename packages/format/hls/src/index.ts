export * from './parse.ts'
export * from './playlist.ts'
export * from './sliding-window.ts'
export * from './write.ts'
