import type { Logger } from '@millrace/core'
import type { LiveStream, Publication } from '@millrace/hub'

import type { BridgePolicy } from '../admission/vhost-policy.ts'
import type { AudioTranscoding } from './audio-transcoding.ts'
import { FramesToPackets, type FramesToPacketsDeps } from './frames-to-packets.ts'
import { PacketsToFrames } from './packets-to-frames.ts'

export interface BridgesDeps {
  /** Undefined for a stream whose vhost has no WebRTC. */
  readonly policyOf: (key: LiveStream['key']) => BridgePolicy | undefined
  /** Whether packets of a stream may come from another node soon: until it is known, none are made of its frames. */
  readonly expected: (stream: LiveStream) => boolean
  readonly transcoding: AudioTranscoding
  /** Something of a stream can't be bridged. */
  readonly unhealthy: FramesToPacketsDeps['unhealthy']
  readonly logger: Logger
}

/** Makes frames of packets and packets of frames, for as long as somebody wants them. */
export class Bridges {
  readonly #deps: BridgesDeps
  readonly #toPackets = new Map<LiveStream, FramesToPackets>()

  constructor(deps: BridgesDeps) {
    this.#deps = deps
  }

  /** A publisher of packets has begun: gives its stream frames too. The result ends that. */
  toFrames(stream: LiveStream, publication: Publication): () => void {
    const policy = this.#deps.policyOf(stream.key)
    if (!policy?.toFrames) return () => {}
    const bridge = new PacketsToFrames({ ...this.#deps, stream, publication, policy })
    return () => bridge.close()
  }

  /** The packets of a stream have another source, or others want them, or none are expected any more. */
  packetsChanged(stream: LiveStream): void {
    const { source, wanted } = stream.packets
    const needed = wanted && (source?.bridged ?? !this.#deps.expected(stream))
    const bridge = this.#toPackets.get(stream)
    if (needed === (bridge !== undefined)) return
    if (bridge) {
      this.#toPackets.delete(stream)
      bridge.close()
      return
    }
    const policy = this.#deps.policyOf(stream.key)
    if (!policy?.toPackets) return
    this.#open(stream, policy)
  }

  close(): void {
    for (const bridge of this.#toPackets.values()) bridge.close()
    this.#toPackets.clear()
  }

  #open(stream: LiveStream, policy: BridgePolicy): void {
    const bridge = new FramesToPackets(stream, { ...this.#deps, policy })
    this.#toPackets.set(stream, bridge)
    bridge.open()
  }
}
