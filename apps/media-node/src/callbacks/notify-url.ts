import type { SrsClientFacts } from '@millrace/contracts/plain'

/**
 * The URL that `on_hls_notify` fetches: the configured one with its variables filled in, or the segment's own where that is on
 * another server.
 *
 * @param segmentUrl as `url` of `on_hls`
 */
export function notifyUrl(
  template: string,
  { serverId, app, stream, param }: Pick<SrsClientFacts, 'serverId' | 'app' | 'stream' | 'param'>,
  segmentUrl: string,
): string {
  if (/^https?:\/\//.test(segmentUrl)) return segmentUrl
  const values: Readonly<Record<string, string>> = { server_id: serverId, app, stream, ts_url: segmentUrl, param }
  return template.replaceAll(/\[(\w+)\]/g, (variable, name: string) => values[name] ?? variable)
}
