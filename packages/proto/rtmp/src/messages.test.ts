import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { splitAggregate } from './aggregate.ts'
import { readCommand, writeCommand } from './command.ts'
import { connectResult, DEFAULT_ENHANCED, isEnhanced, readConnect } from './connect.ts'
import { readData, writeData } from './data.ts'
import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'
import { acknowledgement, readControlNumber, setPeerBandwidth } from './protocol-control.ts'
import { readUserControl, setBufferLength, userControl } from './user-control.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const message = (typeId: number, payload: string, timestampMs = 0): RtmpMessage => ({
  typeId,
  streamId: 1,
  timestampMs,
  payload: Uint8Array.from(Buffer.from(payload.replaceAll(' ', ''), 'hex')),
})
const AMF0_COMMAND = MESSAGE_TYPE.commandAmf0

test('commands: golden bytes both ways', () => {
  const command = writeCommand(0, 'createStream', 4, [null])
  assert.equal(hex(command.payload), '02000c63726561746553747265616d00401000000000000005')
  assert.deepEqual(readCommand(command), { name: 'createStream', transactionId: 4, values: [null] })
})

test('AMF3 commands are AMF0 behind a byte, or without it', () => {
  const { payload } = writeCommand(0, 'play', 0, [null, 'x'])
  for (const prefix of ['00', '']) {
    assert.deepEqual(readCommand(message(MESSAGE_TYPE.commandAmf3, prefix + hex(payload))).values, [null, 'x'])
  }
  assert.deepEqual(readCommand(message(MESSAGE_TYPE.commandAmf3, `00 ${hex(payload)} 11 04 05`)).values, [null, 'x', 5])
})

test('commands without transaction id have 0', () => {
  assert.deepEqual(readCommand(message(AMF0_COMMAND, '02 0001 61')), { name: 'a', transactionId: 0, values: [] })
})

test('what is no command is a protocol error', () => {
  for (const payload of ['', '00 3ff0000000000000', '02 0005 61', '02 0001 61 00']) {
    assert.equal(onlyCoded(() => readCommand(message(AMF0_COMMAND, payload)))?.code, 'RTMP_COMMAND')
  }
})

test('mutated commands: only coded errors', () => {
  const { payload } = writeCommand(0, 'connect', 1, [{ app: 'live', tcUrl: 'rtmp://h/live', fourCcList: ['hvc1'] }])
  for (const bad of mutations(payload, 2000)) {
    onlyCoded(() => readConnect(readCommand({ ...message(AMF0_COMMAND, ''), payload: bad }).values[0]))
  }
})

test('data: @setDataFrame is taken off, onMetaData decoded', () => {
  const data = readData(writeData(1, ['@setDataFrame', 'onMetaData', { width: 640 }]))
  assert.equal(data.name, 'onMetaData')
  assert.deepEqual(data.metadata, { width: 640 })
  assert.deepEqual(data.payload, writeData(1, ['onMetaData', { width: 640 }]).payload)
})

test('data: other names keep their bytes, AMF3 ones lose their first byte', () => {
  const { payload } = writeData(1, ['onTextData', { text: 'x' }])
  assert.deepEqual(readData(message(MESSAGE_TYPE.dataAmf3, `00${hex(payload)}`)), {
    name: 'onTextData',
    payload,
    metadata: null,
  })
  assert.equal(readData(writeData(1, ['onMetaData', 'no members'])).metadata, null)
  assert.equal(readData(writeData(1, ['onMetaData'])).metadata, null)
  assert.equal(onlyCoded(() => readData(writeData(1, [5])))?.code, 'RTMP_DATA')
})

test('aggregates split, moved to the time of the whole', () => {
  const tag = (typeId: string, timestamp: string, body: string): string =>
    `${typeId} ${(body.length / 2).toString(16).padStart(6, '0')} ${timestamp} 000000 ${body} 0000000c`
  const payload = tag('08', '000010 00', 'aa') + tag('09', '000020 00', 'bbcc') + tag('14', '000030 00', 'dd')
  const parts = (bytes: string, timestampMs: number): string[] =>
    Array.from(
      splitAggregate(message(22, bytes, timestampMs)),
      (part) => `${part.typeId}@${part.timestampMs}:${hex(part.payload)}`,
    )
  assert.deepEqual(parts(payload, 1000), ['8@1000:aa', '9@1016:bbcc'])
  // the high byte of the time comes last
  assert.deepEqual(parts(tag('08', '000010 01', 'aa') + tag('08', '000011 01', 'bb'), 2 ** 32 - 1), [
    '8@4294967295:aa',
    '8@0:bb',
  ])
  const flat = payload.replaceAll(' ', '')
  for (let length = 0; length < flat.length; length += 2) parts(flat.slice(0, length), 0)
})

test('control messages: golden bytes, and null when cut short', () => {
  assert.equal(hex(setPeerBandwidth(2_500_000, 2).payload), '002625a002')
  assert.equal(readControlNumber(acknowledgement(5)), 5)
  assert.equal(readControlNumber(message(3, '0000')), null)
  assert.equal(hex(setBufferLength(1, 1000).payload), '000300000001000003e8')
  assert.deepEqual(readUserControl(userControl(6, 7)), { event: 6, value: 7 })
  assert.equal(readUserControl(message(4, '0006')), null)
})

test('connect: what has the wrong type is absent', () => {
  const info = readConnect({ tcUrl: 'rtmp://h/live', app: 5, flashVer: 'FMLE/3.0 (compatible; Lavf59.27.100)' })
  assert.deepEqual([info.tcUrl, info.app, info.encoder, info.objectEncoding], ['rtmp://h/live', '', 'Lavf59.27.100', 0])
  assert.equal(isEnhanced(info), false)
  assert.equal(readConnect('no object').tcUrl, '')
})

test('connect: Enhanced RTMP is answered to those who speak it', () => {
  const info = readConnect({
    objectEncoding: 3,
    fourCcList: ['hvc1', 5],
    videoFourCcInfoMap: { '*': 7, x: 'y' },
    capsEx: 3,
  })
  assert.deepEqual(
    [info.fourCcList, info.videoFourCcInfoMap, info.audioFourCcInfoMap, info.capsEx],
    [['hvc1'], { '*': 7 }, null, 3],
  )
  const [properties, information] = connectResult(info, { fourCcList: ['hvc1', 'Opus'], capsEx: 0 })
  assert.deepEqual(properties, {
    fmsVer: 'FMS/3,5,3,888',
    capabilities: 127,
    mode: 1,
    fourCcList: ['hvc1', 'Opus'],
    videoFourCcInfoMap: { hvc1: 4 },
    audioFourCcInfoMap: { Opus: 4 },
    capsEx: 0,
  })
  assert.equal((information as { objectEncoding: number }).objectEncoding, 3)
  const [plain] = connectResult(readConnect({}), DEFAULT_ENHANCED)
  assert.deepEqual(plain, { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 })
})
