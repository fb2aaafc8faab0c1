import type net from 'node:net'

import { CodedError, ProtocolError, errorCode, errorMessage, type Machine } from '@millrace/core'

/** Bytes of control answers that a peer may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 1024 * 1024

/** What drives a machine's socket reports. */
export interface DriveHandlers<E> {
  event(event: E): void
  /** Once, when machine and socket are done; `null` for a clean end. */
  closed(reason: CodedError | null): void
}

/** A machine on a socket. */
export interface Driven {
  /** Sends what the machine has to say; call it after every method of the machine. */
  pump(): void
  close(reason: CodedError | null): void
}

/** Pumps a machine over a socket: read → receive → drain → arm its timer. */
export function drive<E>(machine: Machine<E>, socket: net.Socket, handlers: DriveHandlers<E>): Driven {
  let timer: NodeJS.Timeout | undefined
  let timerAtMs: number | undefined
  let done = false

  const finish = (reason: CodedError | null): void => {
    if (done) return
    done = true
    clearTimeout(timer)
    // a refused peer should still read why: end() sends what is queued, and a timer cuts off one that doesn't go
    if (!socket.destroyed) {
      socket.end()
      socket.setTimeout(2000, () => socket.destroy())
    }
    handlers.closed(reason)
  }

  const arm = (): void => {
    const deadlineMs = done ? undefined : machine.deadlineMs
    if (deadlineMs === timerAtMs) return
    clearTimeout(timer)
    timerAtMs = deadlineMs
    if (deadlineMs !== undefined) timer = setTimeout(expire, Math.max(0, deadlineMs - performance.now()) + 1)
  }

  const pump = (): void => {
    for (let output = machine.poll(); output && !done; output = machine.poll()) {
      if (output.type === 'send') socket.write(output.data)
      else if (output.type === 'event') handlers.event(output.event)
      else finish(output.reason)
    }
    arm()
  }

  const guard = (step: () => void): void => {
    if (done) return
    try {
      step()
      pump()
    } catch (error) {
      const reason = toCoded(error)
      machine.close(reason)
      drainSends(machine, socket)
      finish(reason)
    }
  }

  const expire = (): void => {
    timerAtMs = undefined
    guard(() => machine.tick(performance.now()))
  }

  socket.on('data', (data: Buffer) => {
    guard(() => machine.receive(data, performance.now()))
    if (!done && socket.writableLength > MAX_UNREAD_BYTES && socket.bytesRead > socket.bytesWritten) {
      finish(new ProtocolError('IO_PEER_READS_NOTHING', 'the peer sends requests but reads no answers'))
    }
  })
  socket.on('error', (error) =>
    finish(new CodedError('IO_SOCKET', errorMessage(error), { details: { errno: errorCode(error) } })),
  )
  socket.on('close', () => finish(null))
  socket.on('end', () => finish(null))
  arm()
  return { pump: () => guard(() => {}), close: finish }
}

function drainSends<E>(machine: Machine<E>, socket: net.Socket): void {
  for (let output = machine.poll(); output; output = machine.poll()) {
    if (output.type === 'send') socket.write(output.data)
  }
}

function toCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  return new CodedError('IO_UNEXPECTED', errorMessage(error), { cause: error })
}
