import assert from 'node:assert/strict'
import test from 'node:test'
import { Random } from '@millrace/testkit'
import { SectionAssembler, readPat, readPmt, writePat, writePmt } from './psi.ts'

const MAP = {
  version: 3,
  pcrPid: 0x100,
  streams: [
    { pid: 0x100, streamType: 0x24, descriptors: Uint8Array.of(5, 4, 0x48, 0x45, 0x56, 0x43) },
    { pid: 0x101, streamType: 0x0f, descriptors: new Uint8Array(0) },
  ],
}

test('a PAT has the bytes that every muxer writes for program 1 at PID 0x1000', () => {
  const golden = '00b00d0001c100000001f0002ab104b2'
  assert.equal(Buffer.from(writePat(1, 0x1000)).toString('hex'), golden)
  assert.equal(readPat(writePat(1, 0x1000)), 0x1000)
})

test('a PMT reads back the same', () => {
  assert.deepEqual(readPmt(writePmt(1, MAP)), MAP)
})

test('a damaged, foreign or future section is not read', () => {
  const section = writePmt(1, MAP)
  for (let i = 0; i < section.length; i++) {
    const damaged = section.slice()
    damaged[i] = (damaged[i] ?? 0) ^ 1
    assert.equal(readPmt(damaged), undefined)
  }
  assert.equal(readPat(section), undefined)
  assert.equal(readPmt(section.subarray(0, 8)), undefined)
})

test('sections come out of packet payloads however they are spread', () => {
  const sections = [writePat(1, 0x20), writePmt(1, MAP), writePat(2, 0x30)]
  const random = new Random(1)
  for (let round = 0; round < 50; round++) {
    const got: string[] = []
    const assembler = new SectionAssembler((section) => got.push(Buffer.from(section).toString('hex')))
    for (const section of sections) {
      const cut = 1 + random.int(section.length - 1)
      assembler.push(Uint8Array.of(0, ...section.subarray(0, cut)), true)
      assembler.push(section.subarray(cut), false)
    }
    assert.deepEqual(
      got,
      sections.map((section) => Buffer.from(section).toString('hex')),
    )
  }
})

test('the rest of one section may stand before the start of the next, and stuffing ends a packet', () => {
  const got: number[] = []
  const assembler = new SectionAssembler((section) => got.push(section.length))
  const [first, second] = [writePmt(1, MAP), writePat(1, 0x20)]
  assembler.push(Uint8Array.of(0, ...first.subarray(0, 10)), true)
  const tail = first.subarray(10)
  assembler.push(Uint8Array.of(tail.length, ...tail, ...second, ...second, 0xff, 0xff), true)
  assembler.push(new Uint8Array(184), false)
  assert.deepEqual(got, [first.length, second.length, second.length])
})

test('random payloads neither throw nor loop', () => {
  const random = new Random(2)
  const assembler = new SectionAssembler((section) => assert.ok(section.length <= 1024))
  for (let i = 0; i < 20_000; i++) assembler.push(random.bytes(random.int(20)), random.int(3) === 0)
})
