export * from './playback-token.ts'
export * from './seal.ts'
export * from './secrets.ts'
export * from './signing-keys.ts'
