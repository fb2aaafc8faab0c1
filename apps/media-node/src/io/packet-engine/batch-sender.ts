import type dgram from 'node:dgram'

import { type Address, InvariantError } from '@millrace/core'
import { SrtpEndpoint, type SrtpSession } from '@millrace/webrtc'

import { CmCipher } from './cm-cipher.ts'
import { GcmCipher } from './gcm-cipher.ts'
import type { Native, NativeMemory } from './native.ts'
import type { OutgoingPacket, PacketSender, PacketTarget, TargetOptions } from './packet-engine.ts'
import { encodeSocketAddress } from './socket-address.ts'
import { MESSAGE, SEGMENT, type SocketCalls, VECTOR } from './socket-calls.ts'
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

/** Packets that are fanned out together. */
const MAX_TOGETHER = 16

const NAME_STRIDE = 32
const NAMES = (BATCH + MAX_TOGETHER) * SLOT_BYTES
const AREA = {
  slots: 0,
  payloads: BATCH * SLOT_BYTES,
  names: NAMES,
  vectors: NAMES + BATCH * NAME_STRIDE,
  messages: NAMES + BATCH * (NAME_STRIDE + VECTOR.bytes),
  controls: NAMES + BATCH * (NAME_STRIDE + VECTOR.bytes + MESSAGE.bytes),
  bytes: NAMES + BATCH * (NAME_STRIDE + VECTOR.bytes + MESSAGE.bytes + SEGMENT.bytes),
} as const

/** `sockaddr` in words. */
type Name = Uint32Array

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
  /** Slots that are taken, and the messages that they are in. */
  #slots = 0
  #messages = 0
  /** Of each message. */
  readonly #datagrams = new Uint16Array(BATCH)
  /** Of the last message. */
  #name: Name | undefined
  #segmentBytes = 0
  /** Whether the system cuts messages into datagrams, as far as is known. */
  #segments = true
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

  fanOut(packets: readonly OutgoingPacket[], targets: readonly PacketTarget[]): void {
    for (let from = 0; from < packets.length; from += MAX_TOGETHER)
      this.#fanOutTogether(packets.length <= MAX_TOGETHER ? packets : packets.slice(from, from + MAX_TOGETHER), targets)
  }

  send(datagram: Uint8Array, to: Address): void {
    if (this.#closed || datagram.length > SLOT_BYTES) {
      this.counters.unsent++
      return
    }
    if (this.#slots === BATCH) this.flush()
    this.#memory.bytes.set(datagram, this.#slots * SLOT_BYTES)
    const name = encodeSocketAddress(to, this.#ipv6)
    this.#queue(new Uint32Array(name.buffer), datagram.length)
  }

  flush(): void {
    const { calls, descriptor } = this.#options
    const count = this.#messages
    const socket = count > 0 ? descriptor() : -1
    let done = 0
    let waited = false
    while (done < count && socket >= 0) {
      const taken = calls.sendMany(socket, this.#memory.address + AREA.messages + done * MESSAGE.bytes, count - done)
      if (taken === 'refused') {
        // a device may not know how to cut: from now on nobody is asked to
        if ((this.#datagrams[done] ?? 0) > 1) this.#segments = false
        this.counters.unsent += this.#datagrams[done++] ?? 0
      } else if (taken !== 'full') {
        for (const end = done + taken; done < end; done++) this.counters.sent += this.#datagrams[done] ?? 0
      } else if (waited || !calls.waitWritable(socket, FULL_WAIT_MS)) break
      else waited = true
    }
    this.#giveUp(done)
  }

  close(): void {
    this.#closed = true
    this.#giveUp(0)
  }

  /** Forgets what is queued, of which the messages from `done` on were not sent. */
  #giveUp(done: number): void {
    for (let at = done; at < this.#messages; at++) this.counters.unsent += this.#datagrams[at] ?? 0
    this.#slots = 0
    this.#messages = 0
    this.#name = undefined
  }

  #fanOutTogether(packets: readonly OutgoingPacket[], targets: readonly PacketTarget[]): void {
    if (this.#closed) return
    for (const [i, { payload }] of packets.entries())
      if (payload.length <= MAX_PLAIN_BYTES) this.#memory.bytes.set(payload, AREA.payloads + i * SLOT_BYTES)
    for (const target of targets) {
      if (!(target instanceof BatchTarget)) throw foreign()
      if (target.route === undefined || target.endpoint.closed) continue
      for (let i = 0; i < packets.length; i++) this.#add(packets[i] as OutgoingPacket, i, target)
    }
    this.#sealer.finish()
  }

  /** @param i of the packet's payload */
  #add(packet: OutgoingPacket, i: number, target: BatchTarget): void {
    const payloadBytes = packet.payload.length
    if (RTP_HEADER_BYTES + target.extension.length + payloadBytes > MAX_PLAIN_BYTES) {
      this.counters.unsent++
      return
    }
    if (this.#slots === BATCH) {
      this.#sealer.finish()
      this.flush()
    }
    const { bytes, view, address } = this.#memory
    const { cipher } = target.endpoint
    const offset = this.#slots * SLOT_BYTES
    const index = packet.sequence + target.sequenceOffset
    const headerBytes = writeTargetHeader(view, bytes, offset, packet, target, index)
    const source = address + AREA.payloads + i * SLOT_BYTES
    const length = this.#sealer.add(cipher, offset, headerBytes, source, payloadBytes, index)
    const { route } = target
    if (typeof route === 'function') {
      this.#sealer.finish()
      route(bytes.subarray(offset, offset + length))
    } else if (route) this.#queue(route, length)
  }

  /** Takes the slot that has been filled: into the last message, if that is for the same peer and the lengths allow it. */
  #queue(name: Name, length: number): void {
    const slot = this.#slots++
    this.#words[(AREA.vectors + slot * VECTOR.bytes + VECTOR.length) / 4] = length
    if (this.#segments && name === this.#name && length <= this.#segmentBytes) this.#extend(length)
    else this.#begin(slot, name, length)
  }

  #begin(slot: number, name: Name, length: number): void {
    const message = this.#messages++
    const nameAt = (AREA.names + message * NAME_STRIDE) / 4
    for (let i = 0; i < name.length; i++) this.#words[nameAt + i] = name[i] ?? 0
    const at = (AREA.messages + message * MESSAGE.bytes) / 4
    this.#words[at + MESSAGE.nameBytes / 4] = name.length * 4
    const vector = this.#memory.address + AREA.vectors + slot * VECTOR.bytes
    this.#words[at + MESSAGE.vector / 4] = vector
    this.#words[at + MESSAGE.vector / 4 + 1] = vector / 2 ** 32
    this.#words[at + MESSAGE.vectors / 4] = 1
    this.#words[at + MESSAGE.controlBytes / 4] = 0
    this.#datagrams[message] = 1
    this.#name = name
    this.#segmentBytes = length
  }

  #extend(length: number): void {
    const message = this.#messages - 1
    const at = (AREA.messages + message * MESSAGE.bytes) / 4
    const datagrams = (this.#datagrams[message] ?? 0) + 1
    this.#datagrams[message] = datagrams
    this.#words[at + MESSAGE.vectors / 4] = datagrams
    if (datagrams === 2) {
      this.#words[at + MESSAGE.controlBytes / 4] = SEGMENT.bytes
      this.#memory.view.setUint16(
        AREA.controls + message * SEGMENT.bytes + SEGMENT.segmentBytes,
        this.#segmentBytes,
        true,
      )
    }
    // a shorter one is the last
    if (length < this.#segmentBytes) this.#name = undefined
  }

  /** Points the structures of all slots at each other, which they do for good. */
  #layOut(): void {
    const { view, address } = this.#memory
    const point = (at: number, to: number): void => view.setBigUint64(at, BigInt(address + to), true)
    for (let slot = 0; slot < BATCH; slot++) {
      const message = AREA.messages + slot * MESSAGE.bytes
      const control = AREA.controls + slot * SEGMENT.bytes
      point(AREA.vectors + slot * VECTOR.bytes + VECTOR.base, slot * SLOT_BYTES)
      point(message + MESSAGE.name, AREA.names + slot * NAME_STRIDE)
      point(message + MESSAGE.control, control)
      view.setUint32(control + SEGMENT.length, SEGMENT.lengthValue, true)
      view.setUint32(control + SEGMENT.level, SEGMENT.levelValue, true)
      view.setUint32(control + SEGMENT.type, SEGMENT.typeValue, true)
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
  /** Of the destination, or the function. */
  route: Name | ((datagram: Uint8Array) => void) | undefined
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
