import type net from 'node:net'

import { CodedError, ProtocolError, errorCode, errorMessage, type Machine } from '@millrace/core'

import { endSoftly } from './socket-sink.ts'

/** Bytes of answers that a peer may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** Time for a peer to read why it was refused. */
const CLOSE_GRACE_MS = 2000

/** What drives a machine's socket reports. */
export interface DriveHandlers<E> {
  event(event: E): void
  /** Once, when machine and socket are done; `null` for a clean end. */
  closed(reason: CodedError | null): void
}

/** A machine on a socket. */
export interface Driven {
  /** Runs `step`, which may call the machine, and sends what that has to say. An error closes both; afterwards nothing runs. */
  act(step: () => void): void
  close(reason: CodedError | null): void
}

/** Pumps a machine over a socket: read → receive → drain → arm its timer. What it has to say first goes out at once. */
export function drive<E>(machine: Machine<E>, socket: net.Socket, handlers: DriveHandlers<E>): Driven {
  let timer: NodeJS.Timeout | undefined
  let timerAtMs: number | undefined
  let done = false
  /** Bytes of answers since the peer had last read all. */
  let unreadBytes = 0

  const finish = (reason: CodedError | null): void => {
    if (done) return
    done = true
    clearTimeout(timer)
    endSoftly(socket, CLOSE_GRACE_MS)
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
      if (output.type === 'send') {
        if (socket.writableLength === 0) unreadBytes = 0
        unreadBytes += output.data.length
        socket.write(output.data)
      } else if (output.type === 'event') handlers.event(output.event)
      else finish(output.reason)
    }
    arm()
  }

  const act = (step: () => void): void => {
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
    act(() => machine.tick(performance.now()))
  }

  socket.on('data', (data: Buffer) => {
    act(() => machine.receive(data, performance.now()))
    if (unreadBytes > MAX_UNREAD_BYTES) {
      finish(new ProtocolError('IO_PEER_READS_NOTHING', 'the peer sends requests but reads no answers'))
    }
  })
  socket.on('error', (error) =>
    finish(new CodedError('IO_SOCKET', errorMessage(error), { details: { errno: errorCode(error) } })),
  )
  socket.on('close', () => finish(null))
  socket.on('end', () => finish(null))
  pump()
  return { act, close: finish }
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
