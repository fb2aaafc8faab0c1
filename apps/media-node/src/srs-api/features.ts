import { statSync } from 'node:fs'

import { isActive } from '@millrace/config'

/** A feature of SRS's builds, and the directive that has an effect where it is there. */
const FEATURES: Readonly<Record<string, boolean | string>> = {
  ssl: true,
  hls: 'vhost.hls.enabled',
  hds: 'vhost.hds.enabled',
  callback: 'vhost.http_hooks.enabled',
  api: true,
  httpd: true,
  dvr: 'vhost.dvr.enabled',
  transcode: 'vhost.transcode.enabled',
  ingest: 'vhost.ingest.enabled',
  stat: true,
  caster: 'stream_caster.enabled',
  complex_send: true,
  tcp_nodelay: true,
  so_sendbuf: false,
  mr: false,
}

/** `data` of `/api/v1/features`. There are no build options: they are made up from the features, as SRS's would be. */
export function features(): object {
  const entries = Object.entries(FEATURES).map(
    ([name, state]) => [name, typeof state === 'string' ? isActive(state) : state] as const,
  )
  const options = entries.map(([name, on]) => `--${name.replaceAll('_', '-')}=${on ? 'on' : 'off'}`).join(' ')
  const builtAt = statSync(import.meta.filename).mtime
  return {
    options,
    options2: options,
    build: builtAt.toISOString().slice(0, 19).replace('T', ' '),
    build2: String(Math.floor(builtAt.getTime() / 1000)),
    features: Object.fromEntries(entries),
  }
}
