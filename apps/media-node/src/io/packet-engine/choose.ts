import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import { openAddonEngine } from './addon.ts'
import { openOpensslEngine } from './openssl.ts'
import type { PacketEngine } from './packet-engine.ts'
import { openTypescriptEngine } from './typescript.ts'

/** The fastest that works, or one of them. */
export type PacketEngineChoice = 'auto' | PacketEngine['name']

/**
 * Opens an engine: of `auto`, the addon where it is built, else OpenSSL by `koffi`, else TypeScript. The log says which, and what is
 * the matter with the faster ones.
 *
 * @throws CodedError of the engine that was asked for, or of the last one
 */
export async function openPacketEngine(logger: Logger, want: PacketEngineChoice): Promise<PacketEngine> {
  const openers: Record<PacketEngine['name'], () => PacketEngine | Promise<PacketEngine>> = {
    addon: () => openAddonEngine(),
    openssl: () => openOpensslEngine(),
    typescript: () => openTypescriptEngine(),
  }
  const names = want === 'auto' ? (['addon', 'openssl', 'typescript'] as const) : [want]
  const without: Record<string, string> = {}
  let failure: unknown
  for (const name of names) {
    try {
      const engine = await openers[name]()
      logger.info({ engine: name, want, without }, `packets of WebRTC are protected by the engine ${name}`)
      return engine
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      without[name] = `${errorCode(error)}: ${errorMessage(error)}`
      failure = error
    }
  }
  throw failure
}
