import type { Tree } from './tree.ts'

const LABEL_WIDTH = 22

/** What runs where, and what to try first, as text for people. */
export function banner({ settings, dataDir, secrets, ports, defaultVhostAccess }: Tree, version: string): string {
  const host = settings.publicHost
  const http = `http://${host}:${ports.http}`
  const rtmp = `rtmp://${host}${ports.rtmp === 1935 ? '' : `:${ports.rtmp}`}`
  const control = `http://${host}:${ports.control}`
  const { adminToken } = secrets
  const rows: readonly [string, string][] = [
    ['watch page', `${http}/`],
    ['RTMP', `${rtmp}/APP/STREAM`],
    ['HTTP-FLV, WS-FLV, HLS', `${http}/APP/STREAM.flv, .m3u8`],
    ['REST API', `${control}/v1 (docs: ${control}/docs)`],
    ['node API', `http://${host}:${ports.nodeApi}/api/v1/streams`],
    ['database', settings.databaseUrl === undefined ? `PostgreSQL in ${dataDir.postgres}` : 'DATABASE_URL'],
    ['jobs', settings.queueUrl === undefined ? 'in the same database' : 'QUEUE_URL'],
    ['admin token', adminToken.file ?? 'MILLRACE_ADMIN_TOKEN'],
  ]
  const bearer = adminToken.file === undefined ? '$MILLRACE_ADMIN_TOKEN' : `$(cat ${shellQuoted(adminToken.file)})`
  const sections = [
    `Millrace ${version} is running.\n\n${rows.map(([name, value]) => `  ${name.padEnd(LABEL_WIDTH)} ${value}`).join('\n')}`,
    `Publish:\n  ffmpeg -re -f lavfi -i testsrc2=s=1280x720:r=30 -f lavfi -i sine -c:v libx264 -preset veryfast -tune zerolatency -g 60 -c:a aac -f flv ${rtmp}/live/livestream`,
    `Play (or open ${http}/?stream=live/livestream):\n  ffplay ${rtmp}/live/livestream\n  ffplay ${http}/live/livestream.flv\n  ffplay ${http}/live/livestream.m3u8`,
    `Ask the API:\n  curl -H "Authorization: Bearer ${bearer}" ${control}/v1/streams`,
    ...warnings(settings.webhookAllow, defaultVhostAccess, ports.rtmp),
    'Ctrl-C stops everything.',
  ]
  return `\n${sections.join('\n\n')}\n\n`
}

function warnings(webhookAllow: string, access: unknown, rtmpPort: number): string[] {
  const open = `WARNING: the default vhost is open: anybody who reaches port ${rtmpPort} may publish and play. Make it "keyed" over the REST API to ask for stream keys.`
  const webhooks = `Webhooks may be sent to ${webhookAllow} although these networks are not public (MILLRACE_WEBHOOK_ALLOW; for pulls and pushes MILLRACE_MEDIA_ALLOW, for storages MILLRACE_STORAGE_ALLOW).`
  return [...(access === 'open' ? [open] : []), ...(webhookAllow === '' ? [] : [webhooks])]
}

function shellQuoted(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`
}
