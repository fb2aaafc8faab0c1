import type { RtcReport } from './rtc-report.ts'

/** To be connected within, once the answer is there. */
const CONNECT_MS = 12_000
/** Without a sign of the other side, which may come back. */
const DISCONNECTED_MS = 5_000

export interface ConnectionEvents {
  /** Once, as soon as media can flow. */
  readonly connected: () => void
  /** Once, last: the connection is lost, or never came about. */
  readonly lost: (wasConnected: boolean) => void
  /** Ends the watch, without a call. */
  readonly signal: AbortSignal
}

/** Watches whether a peer connection, whose answer has been applied, comes about and lasts. */
export function watchConnection(peer: RTCPeerConnection, { connected, lost, signal }: ConnectionEvents): void {
  const watch = new AbortController()
  let wasConnected = false
  let timer = setTimeout(() => over(), CONNECT_MS)
  const over = (): void => {
    if (watch.signal.aborted) return
    watch.abort()
    lost(wasConnected)
  }
  const check = (): void => {
    switch (peer.connectionState) {
      case 'connected':
        clearTimeout(timer)
        if (!wasConnected) connected()
        wasConnected = true
        break
      case 'failed':
      case 'closed':
        over()
        break
      case 'disconnected':
        clearTimeout(timer)
        timer = setTimeout(over, DISCONNECTED_MS)
        break
      default:
    }
  }
  watch.signal.addEventListener('abort', () => clearTimeout(timer))
  signal.addEventListener('abort', () => watch.abort(), { signal: watch.signal })
  peer.addEventListener('connectionstatechange', check, { signal: watch.signal })
  // the server says farewell by DTLS, which not all browsers count as the end of the connection
  for (const { sender } of peer.getTransceivers()) {
    const { transport } = sender
    transport?.addEventListener('statechange', () => transport.state === 'closed' && over(), { signal: watch.signal })
  }
  check()
}

/** A measurement of a peer connection. */
export async function reportsOf(peer: RTCPeerConnection): Promise<readonly RtcReport[]> {
  const reports: RtcReport[] = []
  const all = await peer.getStats()
  all.forEach((report: RtcReport) => reports.push(report))
  return reports
}
