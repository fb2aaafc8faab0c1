export { sameTracks } from './same-track.ts'
export * from './segmenter.ts'
