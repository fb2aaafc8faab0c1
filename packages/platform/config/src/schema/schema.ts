import { PROCESS } from './process.ts'
import { HTTP_SERVERS, RTC_SERVER, SRT_SERVER, STREAM_CASTER } from './servers.ts'
import { block, type BlockValue } from './specification.ts'
import { VHOST } from './vhost.ts'

/** Every directive there is: the one table from which files are checked, read, compared and documented. */
export const SCHEMA = block(
  {
    ...PROCESS,
    ...HTTP_SERVERS,
    rtc_server: RTC_SERVER,
    srt_server: SRT_SERVER,
    stream_caster: STREAM_CASTER,
    vhost: VHOST,
  },
  {
    check({ listen, daemon, asprocess }) {
      if (daemon && asprocess) return "daemon and asprocess are both on: a daemon is nobody's child"
      return listen.length > 0 ? undefined : 'listen is missing: the RTMP port, for example `listen 1935;`'
    },
  },
)

/** A whole configuration; names and units are those of the directives. */
export type ServerConfig = BlockValue<typeof SCHEMA.fields>

/** A virtual host. */
export type VhostConfig = ServerConfig['vhost'][number]
