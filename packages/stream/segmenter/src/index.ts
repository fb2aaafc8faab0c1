export * from './segmenter.ts'
