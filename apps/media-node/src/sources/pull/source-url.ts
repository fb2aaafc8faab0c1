import { CodedError } from '@millrace/core'

import { openFlvSource } from './flv-source.ts'
import { openRtmpSource } from './rtmp-source.ts'
import type { OpenSource } from './source.ts'

const SOURCES: Readonly<Record<string, OpenSource>> = {
  'rtmp:': openRtmpSource,
  'rtmps:': openRtmpSource,
  'http:': openFlvSource,
  'https:': openFlvSource,
}

/**
 * Reads the URL of a source: `rtmp://`, `rtmps://`, or `http://` and `https://` of an FLV stream.
 *
 * @throws CodedError `PULL_URL_INVALID`
 */
export function parseSourceUrl(text: string): { url: URL; open: OpenSource } {
  const url = URL.parse(text)
  const open = url ? SOURCES[url.protocol] : undefined
  if (!url || !open || url.hostname === '') throw invalid('must be an rtmp, rtmps, http or https URL')
  if (open === openRtmpSource && !/^\/.*[^/]\/[^/]+$/.test(url.pathname)) {
    throw invalid('must name app and stream: rtmp://host/app/stream')
  }
  return { url, open }
}

function invalid(problem: string): CodedError {
  return new CodedError('PULL_URL_INVALID', `the URL of a source ${problem}`)
}
