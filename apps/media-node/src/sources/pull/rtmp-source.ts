import { CodedError, unreachable } from '@millrace/core'
import { DEFAULT_ENHANCED, RtmpClientSession, type RtmpClientEvent } from '@millrace/rtmp'

import { drive } from '../../io/drive.ts'
import { dial } from '../../io/dial.ts'
import { rtmpNames } from '../../io/rtmp-names.ts'
import type { OpenSource, SourceHandlers, SourceOptions } from './source.ts'

/** Plays `rtmp://host[:port]/app/stream[?parameters]`; all before the last slash is the app. */
export function openRtmpSource(url: URL, handlers: SourceHandlers, options: SourceOptions): ReturnType<OpenSource> {
  const session = new RtmpClientSession({
    nowMs: performance.now(),
    mode: 'play',
    ...rtmpNames(url),
    fourCcList: DEFAULT_ENHANCED.fourCcList,
  })
  const socket = dial(url, options)
  let done = false
  const driven = drive(session, socket, {
    event(event) {
      if (!done) take(event, handlers)
    },
    closed(reason) {
      if (!done) handlers.ended(endOf(reason))
      done = true
    },
  })
  return {
    close() {
      done = true
      driven.close(null)
    },
  }
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
