export type * from './mpd.ts'
export { writeMpd } from './write.ts'
