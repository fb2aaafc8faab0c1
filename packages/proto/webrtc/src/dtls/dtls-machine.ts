import { FormatError, ProtocolError, type CodedError, type Output } from '@millrace/core'

import type { DtlsConnected, DtlsEndpoint, DtlsOptions } from '../engine.ts'
import { ReplayWindow } from '../srtp/replay-window.ts'
import { clientHandshake } from './client-handshake.ts'
import { type FlightItem, FlightWriter } from './flight-writer.ts'
import type { Agreement, Handshake, HandshakeTools, Identity } from './handshake.ts'
import { HandshakeAssembler } from './handshake-assembler.ts'
import { type HandshakeMessage, readFragments } from './handshake-message.ts'
import { exportSrtpKeys } from './key-schedule.ts'
import { ALERT, CONTENT, failure, MESSAGE } from './protocol.ts'
import { type DtlsRecord, readRecords } from './record.ts'
import type { RecordCipher } from './record-cipher.ts'
import { serverHandshake } from './server-handshake.ts'
import { Transcript } from './transcript.ts'

const FIRST_RETRANSMIT_MS = 50
const MAX_RETRANSMIT_MS = 1000
/** Of one flight. */
const MAX_RETRANSMITS = 12
/** Protected records that have overtaken what the keys to them come from: a Finished, and an alert. */
const MAX_EARLY_RECORDS = 4
const MAX_EARLY_BYTES = 256
const ALERT_LEVEL = { warning: 1, fatal: 2 } as const

/**
 * One end of DTLS 1.2. Errors: `DTLS_HANDSHAKE` when the peer breaks the protocol or can't prove who it is, `DTLS_FINGERPRINT`,
 * `DTLS_NO_SRTP`, `DTLS_TIMEOUT`, `DTLS_ALERT` when the peer gives up. What can't be a record, or was forged, is passed over.
 *
 * @see RFC 6347, RFC 5764
 */
export class DtlsMachine implements DtlsEndpoint {
  readonly #options: DtlsOptions
  readonly #handshake: Handshake
  readonly #outputs: Output<DtlsConnected>[] = []
  readonly #assembler = new HandshakeAssembler()
  readonly #writer = new FlightWriter()
  readonly #transcript = new Transcript()
  /** Of epoch 1: what is not authenticated must not move it. */
  readonly #window = new ReplayWindow()
  #state: 'waiting' | 'handshake' | 'connected' | 'over' = 'waiting'
  #closed = false
  /** In which the peer's next message has to come. */
  #epoch: 0 | 1 = 0
  #remoteCipher: RecordCipher | undefined
  #early: DtlsRecord[] = []
  /** What goes out when the handshake has said all it has to. */
  #building: FlightItem[] = []
  #buildingEpoch: 0 | 1 = 0
  #nextSequence = 0
  /** What goes out again until there is an answer. */
  #flight: readonly FlightItem[] = []
  #retransmits = 0
  #deadlineMs: number | undefined

  constructor(identity: Identity, options: DtlsOptions) {
    this.#options = options
    const tools = this.#makeTools(identity)
    this.#handshake = options.role === 'client' ? clientHandshake(tools) : serverHandshake(tools)
    if (options.role === 'server') {
      this.#state = 'handshake'
      // it only waits for a hello as yet
      this.#handshake.next()
    }
  }

  get deadlineMs(): number | undefined {
    return this.#deadlineMs
  }

  receive(data: Uint8Array, nowMs: number): void {
    if (this.#state === 'waiting') return
    this.#guard(() => {
      for (const record of readRecords(data)) {
        if (this.#state === 'over') return
        this.#take(record, nowMs)
      }
    })
  }

  poll(): Output<DtlsConnected> | undefined {
    return this.#outputs.shift()
  }

  tick(nowMs: number): void {
    if (this.#state === 'waiting') {
      this.#state = 'handshake'
      this.#guard(() => this.#resume(undefined, nowMs))
    } else if (nowMs >= (this.#deadlineMs ?? Infinity)) {
      if (this.#retransmits === MAX_RETRANSMITS) {
        this.#over()
        throw new ProtocolError('DTLS_TIMEOUT', 'the peer does not answer')
      }
      this.#retransmits++
      this.#transmit()
      this.#arm(nowMs)
    }
  }

  close(reason: CodedError | null): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#state === 'connected') this.#alert(ALERT_LEVEL.warning, ALERT.closeNotify)
    this.#over()
    this.#outputs.push({ type: 'closed', reason })
  }

  #makeTools(identity: Identity): HandshakeTools {
    const transcript = this.#transcript
    return {
      identity,
      remoteFingerprints: this.#options.remoteFingerprints,
      transcript,
      send: (type, body) => {
        const message = { type, sequence: this.#nextSequence++, body }
        transcript.add(message)
        this.#building.push({ epoch: this.#buildingEpoch, message })
      },
      protect: () => {
        this.#building.push('change cipher spec')
        this.#buildingEpoch = 1
      },
      useCiphers: ({ local, remote }) => {
        this.#writer.protectWith(local)
        this.#remoteCipher = remote
      },
    }
  }

  #take(record: DtlsRecord, nowMs: number): void {
    if (record.epoch === 0) {
      if (this.#state === 'handshake') this.#accept(record.type, 0, record.content, nowMs)
    } else if (record.epoch === 1) {
      if (this.#epoch === 0) this.#keepEarly(record)
      else this.#open(record, nowMs)
    }
  }

  #keepEarly(record: DtlsRecord): void {
    if (this.#early.length >= MAX_EARLY_RECORDS || record.content.length > MAX_EARLY_BYTES) return
    this.#early.push({ ...record, content: record.content.slice() })
  }

  #open(record: DtlsRecord, nowMs: number): void {
    if (!this.#window.admits(record.sequence)) return
    const content = this.#remoteCipher?.open(record)
    if (!content) return
    this.#window.note(record.sequence)
    this.#accept(record.type, 1, content, nowMs)
  }

  #accept(type: number, epoch: 0 | 1, content: Uint8Array, nowMs: number): void {
    if (type === CONTENT.alert) this.#hear(content)
    else if (type !== CONTENT.handshake) return
    else if (this.#state === 'connected') this.#repeatEnd(content)
    // with an unprotected Finished nothing would be proven
    else if (epoch === this.#epoch) this.#continue(content, nowMs)
  }

  #continue(content: Uint8Array, nowMs: number): void {
    const epoch = this.#epoch
    for (const fragment of readFragments(content)) this.#assembler.add(fragment)
    while (this.#state === 'handshake' && this.#epoch === epoch) {
      const message = this.#assembler.take()
      if (!message) return
      this.#resume(message, nowMs)
    }
  }

  #resume(message: HandshakeMessage | undefined, nowMs: number): void {
    const step = message ? this.#handshake.next(message) : this.#handshake.next()
    if (this.#building.length > 0) {
      this.#flight = this.#building
      this.#building = []
      this.#retransmits = 0
      this.#transmit()
      this.#arm(nowMs)
    }
    if (step.done) this.#connect(step.value)
    else if (step.value !== this.#epoch) this.#enter(step.value, nowMs)
  }

  #enter(epoch: 0 | 1, nowMs: number): void {
    this.#epoch = epoch
    this.#assembler.clear()
    const early = this.#early
    this.#early = []
    for (const record of early) if (this.#state === 'handshake') this.#open(record, nowMs)
  }

  #connect({ master, randoms, profile }: Agreement): void {
    const { role } = this.#options
    this.#state = 'connected'
    this.#deadlineMs = undefined
    this.#transcript.clear()
    const keys = exportSrtpKeys(master, randoms, profile, role)
    this.#outputs.push({ type: 'event', event: { type: 'connected', keys } })
  }

  /** A client that repeats its Finished hasn't got the server's. */
  #repeatEnd(content: Uint8Array): void {
    if (this.#options.role === 'server' && content[0] === MESSAGE.finished) this.#transmit()
  }

  #hear(content: Uint8Array): void {
    const [level, description] = content
    if (content.length !== 2 || (level !== ALERT_LEVEL.fatal && description !== ALERT.closeNotify)) return
    if (this.#state === 'connected' && description === ALERT.closeNotify) {
      this.close(null)
      return
    }
    this.#over()
    throw new ProtocolError('DTLS_ALERT', `the peer gives up with alert ${description}`, {
      details: { alert: description ?? 0 },
    })
  }

  #transmit(): void {
    for (const data of this.#writer.write(this.#flight)) this.#outputs.push({ type: 'send', data })
  }

  #arm(nowMs: number): void {
    this.#deadlineMs = nowMs + Math.min(FIRST_RETRANSMIT_MS * 2 ** this.#retransmits, MAX_RETRANSMIT_MS)
  }

  #alert(level: number, description: number): void {
    const content = Uint8Array.of(level, description)
    const data = this.#writer.record(CONTENT.alert, this.#buildingEpoch, content)
    this.#outputs.push({ type: 'send', data })
  }

  /** Tells the peer why the handshake fails, unless it knows. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      const reason = error instanceof FormatError ? failure(ALERT.decodeError, `cut short: ${error.message}`) : error
      if (this.#state !== 'over') {
        const told = reason instanceof ProtocolError ? Number(reason.details['alert']) : ALERT.internalError
        this.#alert(ALERT_LEVEL.fatal, told)
        this.#over()
      }
      throw reason
    }
  }

  /** What is left to do is to close. */
  #over(): void {
    this.#state = 'over'
    this.#deadlineMs = undefined
    this.#early = []
    this.#assembler.clear()
    this.#transcript.clear()
  }
}
