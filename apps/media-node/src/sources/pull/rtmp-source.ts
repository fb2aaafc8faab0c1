import { CodedError, unreachable } from '@millrace/core'
import { DEFAULT_ENHANCED, RtmpClientSession, type RtmpClientEvent } from '@millrace/rtmp'

import { drive, type Driven } from '../../io/drive.ts'
import { dial } from '../../io/dial.ts'
import { rtmpNames } from '../../io/rtmp-names.ts'
import type { OpenSource, SourceHandlers, SourceOptions } from './source.ts'

/**
 * Plays `rtmp://host[:port]/app/stream[?parameters]`; all before the last slash is the app. Goes where a server sends it by RTMP 302,
 * once: as in SRS to that host and port, for the same stream.
 */
export function openRtmpSource(url: URL, handlers: SourceHandlers, options: SourceOptions): ReturnType<OpenSource> {
  const names = options.names ?? rtmpNames(url)
  let done = false
  let driven: Driven | undefined

  const connect = (target: URL, redirected: boolean): void => {
    const session = new RtmpClientSession({
      nowMs: performance.now(),
      mode: 'play',
      ...names,
      fourCcList: DEFAULT_ENHANCED.fourCcList,
    })
    driven = drive(session, dial(target, options), {
      event(event) {
        if (!done) take(event, handlers)
      },
      closed(reason) {
        if (done) return
        const next = redirected ? undefined : redirectOf(reason, url)
        if (next) return connect(next, true)
        done = true
        handlers.ended(endOf(reason))
      },
    })
  }

  connect(url, false)
  return {
    close() {
      done = true
      driven?.close(null)
    },
  }
}

/** Where the source sends us: never from a secured connection to one that is not. */
function redirectOf(reason: CodedError | null, { protocol }: URL): URL | undefined {
  const next = URL.parse(String(reason?.details['redirect'] ?? ''))
  if (!next || next.hostname === '') return undefined
  return next.protocol === 'rtmps:' || (next.protocol === 'rtmp:' && protocol === 'rtmp:') ? next : undefined
}

function take(event: RtmpClientEvent, handlers: SourceHandlers): void {
  switch (event.type) {
    case 'media':
      return handlers.media(event)
    case 'metadata':
      return handlers.media({ kind: 'data', timestampMs: event.timestampMs, payload: event.payload })
    case 'status':
      // the publisher left: some servers keep the connection, in silence
      if (event.code !== 'NetStream.Play.UnpublishNotify') return
      throw new CodedError('PULL_ENDED', 'the source is not published any more')
    case 'connected':
      return handlers.connected?.(event.data)
    case 'publishing':
    case 'playing':
      return
    default:
      return unreachable(event)
  }
}

function endOf(reason: CodedError | null): CodedError {
  switch (reason?.code) {
    case undefined:
      return new CodedError('PULL_ENDED', 'the source closed the connection')
    case 'IO_SOCKET':
      return new CodedError('PULL_UNREACHABLE', reason?.message ?? '', { cause: reason })
    case 'RTMP_REFUSED':
      return new CodedError('PULL_REFUSED', reason?.message ?? '', { cause: reason })
    default:
      return reason as CodedError
  }
}
