import assert from 'node:assert/strict'
import test from 'node:test'

import { errorCode } from '@millrace/core'

import { checkAnswer } from './answer.ts'

function verdict(body: string, status = 200): string {
  try {
    checkAnswer({ status, body })
    return 'yes'
  } catch (error) {
    return errorCode(error)
  }
}

test('the text 0 to the byte, or an object whose code is the integer 0, says yes', () => {
  for (const body of [
    '0',
    '{"code":0}',
    '{"code": 0, "data": {"code": 7}}',
    ' {"code":0}\n',
    '{"data":null,"code":-0}',
  ]) {
    assert.equal(verdict(body), 'yes', body)
    assert.equal(verdict(body, 201), 'yes', body)
  }
})

test('an object with any other code, or none, says no', () => {
  for (const body of [
    '{"code":1}',
    '{"code":"0"}',
    '{"code":0.0}',
    '{"code":0e0}',
    '{}',
    '{"code":null}',
    '{"a":{"code":0}}',
  ]) {
    assert.equal(verdict(body), 'CALLBACK_REFUSED', body)
  }
})

test('whatever else is no answer', () => {
  for (const body of [
    '',
    '1',
    '"0"',
    '00',
    '0\n',
    ' 0',
    '[]',
    '[{"code":0}]',
    'null',
    'true',
    'ok',
    '{"code":0',
    '\uFEFF0',
    'Ö',
  ]) {
    assert.equal(verdict(body), 'CALLBACK_ANSWER', body)
  }
})

test('no other status than 200 and 201 is one of an answer', () => {
  for (const status of [100, 202, 204, 301, 302, 400, 404, 500]) assert.equal(verdict('0', status), 'CALLBACK_STATUS')
})

test('only coded errors come of bytes changed at random', () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const texts = ['0', '{"code":0}', '{"code":0,"data":{"urls":["rtmp://a/b"]}}']
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(texts[random(texts.length)] ?? '')
    for (let i = random(3) + 1; i > 0; i--) bytes[random(bytes.length)] = random(256)
    assert.match(verdict(bytes.toString()), /^(yes|CALLBACK_[A-Z]+)$/)
  }
})
