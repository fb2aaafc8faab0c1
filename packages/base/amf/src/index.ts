export { readAmf0, writeAmf0, writeAmf0EcmaArray, Amf0Reader } from './amf0.ts'
export { readAmf3, writeAmf3 } from './amf3.ts'
export { amfToMetadata, isAmfArray, isAmfObject, type AmfLimits, type AmfObject, type AmfValue } from './value.ts'
