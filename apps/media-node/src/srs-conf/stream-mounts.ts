import { DEFAULT_VHOST_NAME, type VhostConfig } from '@millrace/config'

import { plainTarget, type StreamTarget, type TargetOf } from '../players/http-stream.ts'

/** Where the streams of a vhost are by HTTP. */
interface StreamMount {
  readonly vhost: string
  readonly extension: string
  /** Host name that requests must be for; undefined for any. */
  readonly host: string | undefined
  /** Whether paths name the vhost, so that they need not be for its host. */
  readonly namesVhost: boolean
  readonly pattern: RegExp
}

/** Longer paths name no stream. */
const MAX_PATH = 1024

/**
 * What streams HTTP paths name, by the `mount` of each vhost. Paths of a vhost without such a mount are as ever, for the admission to say
 * that it serves no such thing.
 *
 * @see SRS 4 `full.conf`, "http_remux"
 */
export function streamMounts(vhosts: readonly VhostConfig[]): TargetOf {
  const mounts = new Map<string, StreamMount>()
  for (const { name, http_remux: remux } of vhosts) if (remux.enabled) mounts.set(name, mountOf(name, remux.mount))
  const naming = [...mounts.values()].filter(({ namesVhost }) => namesVhost)
  return ({ path, host, params }, extension) => {
    if (path.length > MAX_PATH || !path.endsWith(extension)) return undefined
    const asked = params['vhost'] ?? params['domain'] ?? host
    for (const mount of naming) {
      const target = mount.extension === extension ? match(mount, path, asked) : undefined
      if (target) return { ...target, vhost: mount.vhost }
    }
    const own = mounts.get(asked) ?? mounts.get(DEFAULT_VHOST_NAME)
    return own?.extension === extension ? match(own, path, asked) : plainTarget(path, extension)
  }
}

function mountOf(vhost: string, template: string): StreamMount {
  const cut = template.indexOf('/')
  const host = template.slice(0, Math.max(0, cut)).replaceAll('[vhost]', vhost)
  const path = template.slice(Math.max(0, cut))
  const seen = new Set<string>()
  const source = path.replaceAll(/\[(vhost|app|stream)\]|[^[]+|\[/g, (part, name: string | undefined) => {
    if (name === undefined) return literal(part)
    if (name === 'vhost') return literal(vhost)
    if (seen.has(name)) return `\\k<${name}>`
    seen.add(name)
    return name === 'app' ? '(?<app>.+)' : '(?<stream>[^/]+)'
  })
  return {
    vhost,
    extension: template.slice(template.lastIndexOf('.')),
    host: host === '' || host === vhost || host === DEFAULT_VHOST_NAME ? undefined : host,
    namesVhost: path.includes('[vhost]'),
    pattern: new RegExp(`^${source}$`),
  }
}

function match({ host, pattern }: StreamMount, path: string, asked: string): StreamTarget | undefined {
  if (host !== undefined && host !== asked) return undefined
  const { app, stream } = pattern.exec(path)?.groups ?? {}
  return app !== undefined && stream !== undefined ? { app, stream } : undefined
}

/** A pattern of that very text. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
