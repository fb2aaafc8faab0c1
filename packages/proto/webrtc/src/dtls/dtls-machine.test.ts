import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import test from 'node:test'

import { CodedError, ProtocolError } from '@millrace/core'
import { FakeScheduler, LossyLink, mutations, Random } from '@millrace/testkit'

import type { DtlsEndpoint, DtlsOptions, SrtpKeys } from '../engine.ts'
import { DtlsMachine } from './dtls-machine.ts'
import type { Identity } from './handshake.ts'
import { type HandshakeMessage, readFragments, writeFragment } from './handshake-message.ts'
import { readRecords, writeRecord } from './record.ts'
import { type SelfSigned, selfSigned } from './self-signed.ts'

const HANDSHAKES = 30
const CONTENT_HANDSHAKE = 22
const here = selfSigned()
const there = selfSigned()

const identityOf = (certificate: SelfSigned, key = certificate): Identity => ({
  certificate: certificate.certificate,
  key: createPrivateKey({ key: Buffer.from(key.privateKey), format: 'der', type: 'sec1' }),
})
const open = (role: DtlsOptions['role'], own: SelfSigned, peer: SelfSigned): DtlsEndpoint =>
  new DtlsMachine(identityOf(own), { role, remoteFingerprints: [peer.fingerprint] })
const clientOf = (): DtlsEndpoint => open('client', here, there)
const serverOf = (): DtlsEndpoint => open('server', there, here)

type Deliver = (datagram: Uint8Array) => void
interface Side {
  keys: SrtpKeys | undefined
  error: CodedError | undefined
  closed: boolean
  sent: number
}
interface Outcome {
  client: Side
  server: Side
}
interface Conversation {
  client?: DtlsEndpoint
  server?: DtlsEndpoint
  /** What carries datagrams; a plain wire without loss if left out. */
  link?: (scheduler: FakeScheduler, deliver: Deliver, to: keyof Outcome) => Deliver
  lengthMs?: number
}

/** Runs both ends by a clock of its own. */
function converse(conversation: Conversation): Outcome {
  const { client = clientOf(), server = serverOf(), lengthMs = 20_000 } = conversation
  const scheduler = new FakeScheduler()
  const link = conversation.link ?? ((_, deliver) => (datagram) => scheduler.after(1, () => deliver(datagram)))
  const outcome: Outcome = { client: side(), server: side() }
  const run = (endpoint: DtlsEndpoint, state: Side, send: Deliver): ((act: () => void) => void) => {
    let cancel = (): void => {}
    const step = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        assert.ok(error instanceof ProtocolError && error.code.startsWith('DTLS_'), String(error))
        state.error = error
        endpoint.close(error)
      }
      for (let output = endpoint.poll(); output; output = endpoint.poll()) {
        if (output.type === 'closed') state.closed = true
        else if (output.type === 'event') state.keys = output.event.keys
        else {
          assert.ok(output.data.length <= 1200)
          state.sent++
          send(output.data)
        }
      }
      cancel()
      const { deadlineMs } = endpoint
      if (deadlineMs === undefined) return
      cancel = scheduler.after(deadlineMs - scheduler.nowMs(), () => step(() => endpoint.tick(scheduler.nowMs())))
    }
    return step
  }
  const toServer = link(scheduler, (data) => stepServer(() => server.receive(data, scheduler.nowMs())), 'server')
  const toClient = link(scheduler, (data) => stepClient(() => client.receive(data, scheduler.nowMs())), 'client')
  const stepClient = run(client, outcome.client, toServer)
  const stepServer = run(server, outcome.server, toClient)
  stepClient(() => client.tick(0))
  scheduler.advance(lengthMs)
  return outcome
}
const side = (): Side => ({ keys: undefined, error: undefined, closed: false, sent: 0 })

function assertAgreed({ client, server }: Outcome, message?: string): void {
  assert.ok(client.keys && server.keys, message ?? `${client.error?.message} / ${server.error?.message}`)
  assert.deepEqual(client.keys.localKey, server.keys.remoteKey)
  assert.deepEqual(client.keys.remoteSalt, server.keys.localSalt)
}

test('two datagrams of each end make a handshake', () => {
  const outcome = converse({})
  assertAgreed(outcome)
  assert.deepEqual([outcome.client.sent, outcome.server.sent], [2, 2])
})

test('all of 30 handshakes succeed when three datagrams of ten are lost, and others come twice or in another order', () => {
  for (let seed = 0; seed < HANDSHAKES; seed++) {
    const random = new Random(seed)
    const faults = { loss: 0.3, duplicates: 0.2, delayMs: [1, 80] } as const
    const link = (scheduler: FakeScheduler, deliver: Deliver): Deliver => {
      const path = new LossyLink(scheduler, random, faults, deliver)
      return (datagram) => path.send(datagram)
    }
    assertAgreed(converse({ link }), `seed ${seed}`)
  }
})

/** Every handshake record of epoch 0 in datagrams of its own, cut into so many bytes each. */
function refragment(datagram: Uint8Array, bytes: number): Uint8Array[] {
  let sequence = 1_000_000
  return readRecords(datagram).flatMap((record) => {
    if (record.epoch !== 0 || record.type !== CONTENT_HANDSHAKE) return [writeRecord(record)]
    return readFragments(record.content).flatMap((whole) => {
      const message: HandshakeMessage = { type: whole.type, sequence: whole.sequence, body: whole.bytes }
      const cuts: Uint8Array[] = []
      let offset = 0
      do {
        const length = Math.min(bytes, whole.bytes.length - offset)
        const content = writeFragment(message, offset, length)
        cuts.push(writeRecord({ ...record, sequence: sequence++, content }))
        offset += length
      } while (offset < whole.bytes.length)
      return cuts
    })
  })
}

test('messages may be cut into pieces of any size, which come in any order and twice', () => {
  const random = new Random(9)
  for (const bytes of [1, 2, 3, 7, 16, 50, 100, 333, 1000]) {
    const link = (scheduler: FakeScheduler, deliver: Deliver): Deliver => {
      return (datagram) => {
        for (const cut of refragment(datagram, bytes)) {
          for (let copies = 1 + random.int(2); copies > 0; copies--) {
            scheduler.after(random.int(40), () => deliver(cut))
          }
        }
      }
    }
    assertAgreed(converse({ link }), `${bytes} bytes`)
  }
})

test('a datagram that is cut off anywhere only costs time', () => {
  for (let length = 0; length < 620; length += 3) {
    let left = 4
    const link = (scheduler: FakeScheduler, deliver: Deliver): Deliver => {
      return (datagram) => scheduler.after(1, () => deliver(left-- > 0 ? datagram.subarray(0, length) : datagram))
    }
    assertAgreed(converse({ link }), `${length} bytes`)
  }
})

test('a datagram with changed bytes fails a handshake with a clear error, or does nothing', () => {
  let failed = 0
  for (let seed = 0; seed < 200; seed++) {
    let countdown = seed % 4
    const link = (scheduler: FakeScheduler, deliver: Deliver): Deliver => {
      return (datagram) => {
        const [changed = datagram] = countdown-- === 0 ? mutations(datagram, 1, seed) : []
        scheduler.after(1, () => deliver(changed))
      }
    }
    const outcome = converse({ link })
    if (outcome.client.error ?? outcome.server.error) failed++
    else assertAgreed(outcome)
  }
  assert.ok(failed > 0)
})

test('noise does nothing, before a handshake and behind it', () => {
  const random = new Random(4)
  const server = serverOf()
  const client = clientOf()
  const noise = (): void => {
    for (let i = 0; i < 200; i++) {
      const bytes = random.bytes(random.int(100))
      // of no content that is known, so that it can't be meant
      bytes[0] = 23
      client.receive(bytes, 0)
      server.receive(bytes, 0)
    }
  }
  noise()
  assertAgreed(converse({ client, server }))
  noise()
  assert.equal(client.poll(), undefined)
  assert.equal(server.poll(), undefined)
})

for (const thief of ['client', 'server'] as const) {
  test(`a ${thief} with somebody else's certificate and its own key is refused`, () => {
    const stolen = thief === 'client' ? identityOf(here, there) : identityOf(there, here)
    const remote = thief === 'client' ? there : here
    const endpoint = new DtlsMachine(stolen, { role: thief, remoteFingerprints: [remote.fingerprint] })
    const outcome = converse({ [thief]: endpoint })
    const victim = thief === 'client' ? outcome.server : outcome.client
    assert.equal(victim.keys, undefined)
    assert.equal(victim.error?.code, 'DTLS_HANDSHAKE')
    assert.match(victim.error.message, /bad signature/)
    assert.equal(outcome[thief].error?.code, 'DTLS_ALERT')
    assert.equal(outcome[thief].keys, undefined)
  })

  test(`a ${thief} whose certificate has another fingerprint is refused`, () => {
    const stranger = selfSigned()
    const remote = thief === 'client' ? there : here
    const outcome = converse({ [thief]: open(thief, stranger, remote) })
    const victim = thief === 'client' ? outcome.server : outcome.client
    assert.equal(victim.error?.code, 'DTLS_FINGERPRINT')
    assert.equal(victim.keys, undefined)
  })
}

/** Changes what goes to one end, once it has that form. */
function replace(to: keyof Outcome, from: string, into: string): NonNullable<Conversation['link']> {
  return (scheduler, deliver, end) => (datagram) => {
    const text = Buffer.from(datagram).toString('latin1')
    const changed = text.replace(
      Buffer.from(from, 'hex').toString('latin1'),
      Buffer.from(into, 'hex').toString('latin1'),
    )
    scheduler.after(1, () => deliver(end === to ? Buffer.from(changed, 'latin1') : datagram))
  }
}

test('the best profile can not be taken out on the way', () => {
  const outcome = converse({ link: replace('server', '000e0007000400070001', '000e0007000400010001') })
  assert.equal(outcome.client.keys, undefined)
  assert.equal(outcome.server.keys, undefined)
  assert.equal(outcome.server.error?.code, 'DTLS_HANDSHAKE')
})

test('without an SRTP profile there is no handshake', () => {
  for (const [to, from, into] of [
    ['server', '000e0007000400070001', '000e0007000400050006'],
    ['client', '000e000500020007', '000e000500020005'],
  ] as const) {
    const outcome = converse({ link: replace(to, from, into) })
    assert.equal(outcome[to].error?.code, 'DTLS_NO_SRTP')
    assert.equal(outcome.client.keys ?? outcome.server.keys, undefined)
  }
})

test('a Finished that was not protected counts for nothing', () => {
  const link: Conversation['link'] = (scheduler, deliver, end) => (datagram) => {
    const records = readRecords(datagram).map((record) => {
      if (end !== 'server' || record.epoch !== 1) return writeRecord(record)
      const content = writeFragment({ type: 20, sequence: 4, body: new Uint8Array(12) })
      return writeRecord({ ...record, epoch: 0, content })
    })
    scheduler.after(1, () => deliver(Buffer.concat(records)))
  }
  const outcome = converse({ link })
  assert.equal(outcome.server.keys, undefined)
  assert.equal(outcome.client.error?.code, 'DTLS_TIMEOUT')
  assert.equal(outcome.server.error?.code, 'DTLS_TIMEOUT')
})

test('a last flight that is lost is sent again when the client asks, and not for a replay', () => {
  const finished: Uint8Array[] = []
  let lost = 0
  const link: Conversation['link'] = (scheduler, deliver, end) => (datagram) => {
    const protectedOnes = readRecords(datagram).some(({ epoch }) => epoch === 1)
    if (end === 'server' && protectedOnes) finished.push(datagram)
    if (end === 'client' && protectedOnes && lost++ < 2) return
    scheduler.after(1, () => deliver(datagram))
  }
  const server = serverOf()
  const outcome = converse({ server, link })
  assertAgreed(outcome)
  assert.equal(finished.length, 3)
  for (const datagram of finished) server.receive(datagram, 0)
  assert.equal(server.poll(), undefined)
})

test('keys are only as good as the certificate: none are given out before both ends have proven it', () => {
  const order: string[] = []
  const client = clientOf()
  const server = serverOf()
  client.tick(0)
  const carry = (from: DtlsEndpoint, to: DtlsEndpoint, name: string): void => {
    for (let output = from.poll(); output; output = from.poll()) {
      order.push(`${name} ${output.type}`)
      if (output.type === 'send') to.receive(output.data, 0)
    }
  }
  for (let round = 0; round < 3; round++) {
    carry(client, server, 'client')
    carry(server, client, 'server')
  }
  const expected = ['client send', 'server send', 'client send', 'server send', 'server event', 'client event']
  assert.deepEqual(order, expected)
})

test('a peer that never answers is given up after 12 repetitions, which come ever more seldom', () => {
  const client = clientOf()
  let nowMs = 0
  client.tick(nowMs)
  const waitsMs: number[] = []
  assert.throws(
    () => {
      for (;;) {
        waitsMs.push((client.deadlineMs ?? 0) - nowMs)
        nowMs = client.deadlineMs ?? 0
        client.tick(nowMs)
      }
    },
    { code: 'DTLS_TIMEOUT' },
  )
  assert.deepEqual(waitsMs, [50, 100, 200, 400, 800, ...Array.from({ length: 8 }, () => 1000)])
  assert.equal(client.deadlineMs, undefined)
})

test('a hello of another version, suite, curve or signature is refused with an alert', () => {
  for (const [from, into] of [
    ['fefd', 'feff'],
    ['c02b', 'c0ff'],
    ['000a00060004001d0017', '000a00060004001e001e'],
    ['0403', '0203'],
  ] as const) {
    const link = replace('server', from, into)
    const server = serverOf()
    // the version of a record says nothing: it is the hello's that counts
    const skipHeader: Conversation['link'] = (scheduler, deliver, end) => {
      const inner = link(scheduler, (body) => deliver(Buffer.concat([header, body])), end)
      let header = new Uint8Array()
      return (datagram) => {
        header = datagram.slice(0, 13)
        inner(datagram.subarray(13))
      }
    }
    const outcome = converse({ server, link: skipHeader })
    assert.equal(outcome.server.error?.code, 'DTLS_HANDSHAKE', from)
    assert.equal(outcome.client.error?.code, 'DTLS_ALERT', from)
  }
})

test('a server that wants a cookie back gets it', () => {
  const client = clientOf()
  client.tick(0)
  assert.ok(client.poll())
  const body = Uint8Array.of(0xfe, 0xfd, 3, 7, 8, 9)
  const content = writeFragment({ type: 3, sequence: 0, body })
  client.receive(writeRecord({ type: CONTENT_HANDSHAKE, version: 0xfeff, epoch: 0, sequence: 0, content }), 10)
  const output = client.poll()
  assert.equal(output?.type, 'send')
  const [hello] = readFragments(readRecords(output.data)[0]?.content ?? new Uint8Array())
  assert.equal(hello?.sequence, 1)
  // behind version, random and an empty session
  assert.deepEqual(hello.bytes.slice(35, 39), Uint8Array.of(3, 7, 8, 9))
  assert.equal(client.deadlineMs, 60)
})

test('the end of one end is the end of the other; before and behind it nothing is said', () => {
  const client = clientOf()
  const server = serverOf()
  assertAgreed(converse({ client, server }))
  client.close(null)
  client.close(null)
  const goodbye = client.poll()
  assert.equal(goodbye?.type, 'send')
  assert.deepEqual(client.poll(), { type: 'closed', reason: null })
  assert.equal(client.poll(), undefined)
  // unprotected it would be anybody's
  server.receive(writeRecord({ type: 21, version: 0xfefd, epoch: 0, sequence: 9, content: Uint8Array.of(1, 0) }), 0)
  assert.equal(server.poll(), undefined)
  server.receive(goodbye.data, 0)
  assert.equal(server.poll()?.type, 'send')
  assert.deepEqual(server.poll(), { type: 'closed', reason: null })
  server.receive(goodbye.data, 0)
  server.tick(1e9)
  assert.equal(server.poll(), undefined)
})
