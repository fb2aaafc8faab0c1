import type dgram from 'node:dgram'
import os from 'node:os'

import type { Native } from './native.ts'

const PROTOTYPES = {
  sendmmsg: 'int sendmmsg(int socket, uintptr_t messages, uint count, int flags)',
  poll: 'int poll(uintptr_t descriptors, ulong count, int timeoutMs)',
} as const

const POLL_OUT = 4
const POLL_FD_BYTES = 8
const { EAGAIN, EINTR, ENOBUFS } = os.constants.errno

/** Bytes of the structures that `sendmmsg` takes on 64-bit Linux, and where their fields are. */
export const MESSAGE = {
  bytes: 64,
  name: 0,
  nameBytes: 8,
  vector: 16,
  vectors: 24,
  control: 32,
  controlBytes: 40,
} as const
export const VECTOR = { bytes: 16, base: 0, length: 8 } as const
/**
 * The control message that has the kernel cut what it is given into datagrams of one length, the last one perhaps shorter.
 *
 * @see udp(7), UDP_SEGMENT
 */
export const SEGMENT = {
  bytes: 24,
  length: 0,
  level: 8,
  type: 12,
  segmentBytes: 16,
  lengthValue: 18,
  levelValue: 17,
  typeValue: 103,
} as const

/** Calls of the operating system on sockets. */
export interface SocketCalls {
  /**
   * Sends datagrams without waiting.
   *
   * @param address of the first `mmsghdr`
   * @returns how many were taken, or why the first was not: `full` for now, or `refused` as it is
   */
  sendMany(descriptor: number, address: number, count: number): number | 'full' | 'refused'
  /** Waits, with everything else, until a socket can take a datagram, but no longer than `timeoutMs`. */
  waitWritable(descriptor: number, timeoutMs: number): boolean
}

/** @returns undefined where structures are not those of 64-bit Linux */
export function openSocketCalls(native: Native): SocketCalls | undefined {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined
  const call = native.bind(PROTOTYPES)
  const poll = native.memory(POLL_FD_BYTES)
  return {
    sendMany(descriptor, address, count) {
      for (;;) {
        const taken = call.sendmmsg(descriptor, address, count, 0)
        if (taken >= 0) return taken
        const errno = native.errno()
        if (errno !== EINTR) return errno === EAGAIN || errno === ENOBUFS ? 'full' : 'refused'
      }
    },
    waitWritable(descriptor, timeoutMs) {
      poll.view.setInt32(0, descriptor, true)
      poll.view.setInt16(4, POLL_OUT, true)
      return call.poll(poll.address, 1, timeoutMs) === 1
    },
  }
}

/**
 * The descriptor of a bound socket, each time anew: a closed socket's number may belong to another file by then. Node has no public
 * name for it.
 *
 * @returns a function that returns -1 for a closed socket; undefined when this Node keeps descriptors elsewhere
 */
export function descriptorOf(socket: dgram.Socket): (() => number) | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')
  const state = symbol && (Reflect.get(socket, symbol) as { handle?: { fd?: unknown } | null } | undefined)
  const read = (): number => {
    const descriptor = state?.handle?.fd
    return typeof descriptor === 'number' ? descriptor : -1
  }
  return read() >= 0 ? read : undefined
}
