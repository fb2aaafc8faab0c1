import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { CodedError, errorMessage, InvariantError } from '@millrace/core'
import type { DtlsConnected, DtlsEndpoint, SrtpKeys, SrtpProfile } from '@millrace/webrtc'

/** An endpoint with its timer. */
export interface RunningDtls {
  /** Rejects with the error of the handshake. */
  readonly connected: Promise<DtlsConnected>
  /** Reason of the end. */
  readonly closed: Promise<CodedError | null>
  deliver(datagram: Uint8Array): void
  close(): void
}

/** Runs an endpoint by the clock; its datagrams go to `send`. */
export function runDtls(endpoint: DtlsEndpoint, send: (datagram: Uint8Array) => void): RunningDtls {
  const connected = Promise.withResolvers<DtlsConnected>()
  const closed = Promise.withResolvers<CodedError | null>()
  // who awaits the end of a handshake that fails need not await its beginning
  connected.promise.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const pump = (): void => {
    for (let output = endpoint.poll(); output; output = endpoint.poll()) {
      if (output.type === 'send') send(output.data)
      else if (output.type === 'event') connected.resolve(output.event)
      else closed.resolve(output.reason)
    }
    clearTimeout(timer)
    const { deadlineMs } = endpoint
    if (deadlineMs !== undefined) {
      timer = setTimeout(
        () => act(() => endpoint.tick(performance.now())),
        Math.max(0, deadlineMs - performance.now()) + 1,
      )
    }
  }
  const act = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      const reason =
        error instanceof CodedError
          ? error
          : new InvariantError('TEST_NOT_CODED', errorMessage(error), { cause: error })
      connected.reject(reason)
      endpoint.close(reason)
    }
    pump()
  }
  setImmediate(() => act(() => endpoint.tick(performance.now())))
  return {
    connected: connected.promise,
    closed: closed.promise,
    deliver: (datagram) => act(() => endpoint.receive(datagram, performance.now())),
    close: () => act(() => endpoint.close(null)),
  }
}

/** Keys of both ends of one session, the second seen from the other side. */
export function keyPair(profile: SrtpProfile, seed = 1): [SrtpKeys, SrtpKeys] {
  const saltBytes = profile === 'SRTP_AEAD_AES_128_GCM' ? 12 : 14
  const bytes = (length: number, from: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (from + i * 7) & 0xff)
  const here = { key: bytes(16, seed), salt: bytes(saltBytes, seed + 50) }
  const there = { key: bytes(16, seed + 100), salt: bytes(saltBytes, seed + 150) }
  const keysOf = (local: typeof here, remote: typeof here): SrtpKeys => ({
    profile,
    localKey: local.key,
    localSalt: local.salt,
    remoteKey: remote.key,
    remoteSalt: remote.salt,
  })
  return [keysOf(here, there), keysOf(there, here)]
}

/** Compiles seal.c into a folder of its own; undefined where there is no compiler. */
export function buildAddon(): string | undefined {
  const source = fileURLToPath(new URL('../../../native/seal.c', import.meta.url))
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'millrace-seal-')), 'seal.so')
  const { status, error } = spawnSync('cc', ['-std=c11', '-O3', '-fPIC', '-shared', '-o', file, source])
  return status === 0 && !error ? file : undefined
}
