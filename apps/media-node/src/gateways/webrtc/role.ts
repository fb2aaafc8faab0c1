import type { RtcpPacket } from '@millrace/rtp'
import type { Path, SrtpSession } from '@millrace/webrtc'

import type { RoleFigures } from './figures.ts'

/** What a session is there for: publishing or playing. Methods must not throw. */
export interface SessionRole {
  /** Media may be sent from now on. */
  connected(link: SessionLink): void
  /** The peer is reached another way. */
  moved(path: Path): void
  /** A packet without its protection; the memory is the role's. */
  rtp(packet: Uint8Array, nowMs: number): void
  rtcp(packets: readonly RtcpPacket[], nowMs: number): void
  /** Called when `deadlineMs` has passed. */
  tick(nowMs: number): void
  /** Monotonic; undefined for never. */
  readonly deadlineMs: number | undefined
  /** Bytes of media sent and received. */
  readonly bytes: { readonly sent: number; readonly received: number }
  readonly figures: RoleFigures
  /** Last call. */
  ended(): void
}

/** What a role has of its session once it is connected. */
export interface SessionLink {
  readonly srtp: SrtpSession
  readonly path: Path
  sendRtcp(packets: readonly RtcpPacket[]): void
}
