import type dgram from 'node:dgram'

import { type Address, InvariantError } from '@millrace/core'
import { SrtpEndpoint, type SrtpSession } from '@millrace/webrtc'

import { CmCipher } from './cm-cipher.ts'
import { GcmCipher } from './gcm-cipher.ts'
import type { Native, NativeMemory } from './native.ts'
import type { OutgoingPacket, PacketSender, PacketTarget, TargetOptions } from './packet-engine.ts'
import { encodeSocketAddress } from './socket-address.ts'
import { MESSAGE, type SocketCalls, VECTOR } from './socket-calls.ts'
import { type NativeCipher, SEAL_ROOM_BYTES } from './srtp-methods.ts'
import { RTP_HEADER_BYTES, writeTargetHeader } from './target-header.ts'

/** Datagrams for one call. */
const BATCH = 256
/** Room for a datagram. Not a multiple of a page, which would have the headers of all slots compete for the same lines of the cache. */
const SLOT_BYTES = 1664
/** Of a datagram that is sent as it is, and of a plain RTP packet. */
const MAX_PLAIN_BYTES = SLOT_BYTES - SEAL_ROOM_BYTES
/** The loop may stand still as long when the socket's buffer is full, once in a flush. */
const FULL_WAIT_MS = 2
const SEND_BUFFER_BYTES = 4 * 1024 * 1024

const NAME_STRIDE = 32
const AREA = {
  slots: 0,
  payload: BATCH * SLOT_BYTES,
  names: (BATCH + 1) * SLOT_BYTES,
  vectors: (BATCH + 1) * SLOT_BYTES + BATCH * NAME_STRIDE,
  messages: (BATCH + 1) * SLOT_BYTES + BATCH * (NAME_STRIDE + VECTOR.bytes),
  bytes: (BATCH + 1) * SLOT_BYTES + BATCH * (NAME_STRIDE + VECTOR.bytes + MESSAGE.bytes),
} as const

/** Protects the packets of a batch. */
export interface Sealer {
  /**
   * Protects a packet whose header stands at `offset`, now or in `finish`.
   *
   * @param source address of its payload
   * @returns bytes of the protected packet
   */
  add(
    cipher: NativeCipher,
    offset: number,
    headerBytes: number,
    source: number,
    payloadBytes: number,
    index: number,
  ): number
  finish(): void
}

/** What a sender is made of. */
export interface BatchSenderOptions {
  readonly native: Native
  readonly calls: SocketCalls
  /** -1 when the socket is closed. */
  readonly descriptor: () => number
  /** @param memory where the packets are that it protects */
  readonly openSealer: (memory: NativeMemory) => Sealer
}

/** A sender whose packets are made in one piece of memory, from which `sendmmsg` takes 256 at a time. */
export class BatchSender implements PacketSender {
  readonly counters = { sent: 0, unsent: 0 }
  readonly #options: BatchSenderOptions
  readonly #ipv6: boolean
  readonly #memory: NativeMemory
  readonly #words: Uint32Array
  readonly #sealer: Sealer
  #queued = 0
  #closed = false

  constructor(socket: dgram.Socket, options: BatchSenderOptions) {
    this.#options = options
    this.#ipv6 = socket.address().family === 'IPv6'
    this.#memory = options.native.memory(AREA.bytes)
    this.#words = new Uint32Array(this.#memory.bytes.buffer)
    this.#sealer = options.openSealer(this.#memory)
    this.#layOut()
    // the kernel takes as much as it allows
    socket.setSendBufferSize(SEND_BUFFER_BYTES)
  }

  target(options: TargetOptions): PacketTarget {
    return new BatchTarget(options, this.#ipv6)
  }

  fanOut(packet: OutgoingPacket, targets: readonly PacketTarget[]): void {
    const { payload } = packet
    if (this.#closed) return
    const fits = payload.length <= MAX_PLAIN_BYTES
    if (fits) this.#memory.bytes.set(payload, AREA.payload)
    for (const target of targets) {
      if (!(target instanceof BatchTarget)) throw foreign()
      if (target.route === undefined || target.endpoint.closed) continue
      if (!fits || RTP_HEADER_BYTES + target.extension.length + payload.length > MAX_PLAIN_BYTES) this.counters.unsent++
      else this.#add(packet, target)
    }
    this.#sealer.finish()
  }

  send(datagram: Uint8Array, to: Address): void {
    if (this.#closed || datagram.length > SLOT_BYTES) {
      this.counters.unsent++
      return
    }
    if (this.#queued === BATCH) this.flush()
    this.#memory.bytes.set(datagram, this.#queued * SLOT_BYTES)
    const name = encodeSocketAddress(to, this.#ipv6)
    this.#queue(new Uint32Array(name.buffer), datagram.length)
  }

  flush(): void {
    const { calls, descriptor } = this.#options
    const count = this.#queued
    const socket = count > 0 ? descriptor() : -1
    let done = 0
    let waited = false
    while (done < count && socket >= 0) {
      const taken = calls.sendMany(socket, this.#memory.address + AREA.messages + done * MESSAGE.bytes, count - done)
      if (taken === 'refused') {
        this.counters.unsent++
        done++
      } else if (taken !== 'full') {
        this.counters.sent += taken
        done += taken
      } else if (waited || !calls.waitWritable(socket, FULL_WAIT_MS)) break
      else waited = true
    }
    this.counters.unsent += count - done
    this.#queued = 0
  }

  close(): void {
    this.#closed = true
    this.counters.unsent += this.#queued
    this.#queued = 0
  }

  #add(packet: OutgoingPacket, target: BatchTarget): void {
    if (this.#queued === BATCH) {
      this.#sealer.finish()
      this.flush()
    }
    const { bytes, view, address } = this.#memory
    const { cipher } = target.endpoint
    const offset = this.#queued * SLOT_BYTES
    const index = packet.sequence + target.sequenceOffset
    const headerBytes = writeTargetHeader(view, bytes, offset, packet, target, index)
    const source = address + AREA.payload
    const payloadBytes = packet.payload.length
    const length = this.#sealer.add(cipher, offset, headerBytes, source, payloadBytes, index)
    const { route } = target
    if (typeof route === 'function') {
      this.#sealer.finish()
      route(bytes.subarray(offset, offset + length))
    } else if (route) this.#queue(route, length)
  }

  /** @param name `sockaddr` in words */
  #queue(name: Uint32Array, length: number): void {
    const slot = this.#queued++
    const nameAt = (AREA.names + slot * NAME_STRIDE) / 4
    for (let i = 0; i < name.length; i++) this.#words[nameAt + i] = name[i] ?? 0
    this.#words[(AREA.vectors + slot * VECTOR.bytes + VECTOR.length) / 4] = length
    this.#words[(AREA.messages + slot * MESSAGE.bytes + MESSAGE.nameBytes) / 4] = name.length * 4
  }

  /** Points the structures of all slots at each other, which they do for good. */
  #layOut(): void {
    const { view, address } = this.#memory
    const point = (at: number, to: number): void => view.setBigUint64(at, BigInt(address + to), true)
    for (let slot = 0; slot < BATCH; slot++) {
      const vector = AREA.vectors + slot * VECTOR.bytes
      const message = AREA.messages + slot * MESSAGE.bytes
      point(vector + VECTOR.base, slot * SLOT_BYTES)
      point(message + MESSAGE.name, AREA.names + slot * NAME_STRIDE)
      point(message + MESSAGE.vector, vector)
      view.setUint32(message + MESSAGE.vectors, 1, true)
    }
  }
}

/** A target that keeps its address as the kernel wants it. */
class BatchTarget implements PacketTarget {
  readonly endpoint: SrtpEndpoint<NativeCipher>
  readonly ssrc: number
  readonly payloadType: number
  sequenceOffset = 0
  timestampOffset = 0
  extension = new Uint8Array()
  /** `sockaddr` in words, or the function. */
  route: Uint32Array | ((datagram: Uint8Array) => void) | undefined
  readonly #ipv6: boolean
  #destination: PacketTarget['destination']

  constructor({ session, ssrc, payloadType }: TargetOptions, ipv6: boolean) {
    this.endpoint = nativeEndpoint(session)
    this.ssrc = ssrc
    this.payloadType = payloadType
    this.#ipv6 = ipv6
  }

  get session(): SrtpSession {
    return this.endpoint
  }

  get destination(): PacketTarget['destination'] {
    return this.#destination
  }

  set destination(destination: PacketTarget['destination']) {
    this.#destination = destination
    this.route =
      typeof destination === 'object'
        ? new Uint32Array(encodeSocketAddress(destination, this.#ipv6).buffer)
        : destination
  }
}

function nativeEndpoint(session: SrtpSession): SrtpEndpoint<NativeCipher> {
  if (session instanceof SrtpEndpoint && (session.cipher instanceof GcmCipher || session.cipher instanceof CmCipher)) {
    return session as SrtpEndpoint<NativeCipher>
  }
  throw foreign()
}

const foreign = (): InvariantError =>
  new InvariantError('PACKET_ENGINE_FOREIGN', 'a session or target of another engine')
