export * from './flv-payloads.ts'
export * from './frame.ts'
export * from './packager.ts'
export * from './track.ts'
