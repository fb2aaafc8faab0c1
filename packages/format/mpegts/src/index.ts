export * from './demuxer.ts'
export * from './muxer.ts'
export { STREAM_TYPE } from './psi.ts'
export type { ElementaryInfo, ProgramMap } from './psi.ts'
