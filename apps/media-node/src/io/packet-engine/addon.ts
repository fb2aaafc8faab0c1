import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { CodedError, InvariantError } from '@millrace/core'

import type { Sealer } from './batch-sender.ts'
import type { Native, NativeMemory } from './native.ts'
import { openOpensslEngine } from './openssl.ts'
import type { PacketEngine } from './packet-engine.ts'
import { rollover } from './srtp-methods.ts'

/** What `npm run build:addon` makes of apps/media-node/native/seal.c. */
const ADDON_FILE = fileURLToPath(new URL('../../../native/build/seal.so', import.meta.url))

/** `VERSION` of seal.c. */
const VERSION = 1
const PROTOTYPES = {
  version: 'int millrace_seal_version()',
  seal: 'int millrace_seal(uintptr_t rows, int count)',
} as const
/** Numbers of one row. */
const ROW = 8
/** As many as a sender queues. */
const MAX_ROWS = 256

/**
 * The engine over OpenSSL, with the packets of a batch protected by one call to compiled code.
 *
 * @param file for tests
 * @throws CodedError `PACKET_ENGINE_NO_ADDON` where it isn't built, `PACKET_ENGINE_ADDON_STALE` for one of other sources, and those of
 * `openOpensslEngine`
 */
export async function openAddonEngine(file = ADDON_FILE): Promise<PacketEngine> {
  if (!existsSync(file)) throw new CodedError('PACKET_ENGINE_NO_ADDON', 'not built: npm run build:addon')
  return openOpensslEngine({ name: 'addon', openSealer: (native) => openSealers(native, file) })
}

function openSealers(native: Native, file: string): (memory: NativeMemory) => Sealer {
  const call = native.bind(PROTOTYPES, file)
  if (call.version() !== VERSION) {
    throw new CodedError('PACKET_ENGINE_ADDON_STALE', `${file} is of other sources: npm run build:addon`)
  }
  return (memory) => {
    const rows = native.memory(MAX_ROWS * ROW * 8)
    const numbers = new Float64Array(rows.bytes.buffer)
    let count = 0
    const finish = (): void => {
      const waiting = count
      count = 0
      if (waiting > 0 && call.seal(rows.address, waiting) !== waiting) {
        throw new InvariantError('PACKET_ENGINE_OPENSSL', 'a packet could not be protected')
      }
    }
    return {
      add(cipher, offset, headerBytes, source, payloadBytes, index) {
        if (count === MAX_ROWS) finish()
        const at = count++ * ROW
        numbers[at] = cipher.lane.context
        numbers[at + 1] = cipher.lane.memory.address
        numbers[at + 2] = memory.address + offset
        numbers[at + 3] = source
        numbers[at + 4] = headerBytes
        numbers[at + 5] = payloadBytes
        numbers[at + 6] = rollover(index)
        numbers[at + 7] = cipher.profile === 'SRTP_AEAD_AES_128_GCM' ? 1 : 0
        return headerBytes + payloadBytes + cipher.tagBytes
      },
      finish,
    }
  }
}
