import { NO_MATTER, NOT_YET } from './reasons.ts'
import { ACTIVE, accepted, block, repeated } from './specification.ts'
import { choice, endpoint, flag, integer, shaped, text } from './values.ts'

/** TLS on a port of its own, beside an HTTP listener. SRS doesn't look what else is in it. */
function https(port: number) {
  return block(
    {
      enabled: flag(false),
      listen: endpoint(port),
      key: text('./conf/server.key', { type: 'path' }),
      cert: text('./conf/server.crt', { type: 'path' }),
    },
    { lenient: true, status: ACTIVE, reload: 'restart' },
  )
}

/** HTTP listeners: API and media. @see SRS 4 `full.conf`, "http_api", "http_server" */
export const HTTP_SERVERS = {
  http_api: block(
    {
      enabled: flag(false),
      listen: endpoint(1985),
      crossdomain: flag(true, { reload: 'next' }),
      raw_api: block(
        {
          enabled: flag(false),
          allow_reload: flag(false),
          allow_query: flag(false, { status: accepted('always off, as in SRS since 4.0.170') }),
          allow_update: flag(false, { status: accepted('always off, as in SRS since 4.0.170') }),
        },
        { reload: 'next' },
      ),
      auth: block(
        { enabled: flag(false), username: text(''), password: text('', { deviation: 'may have colons' }) },
        { since: 5, reload: 'next' },
      ),
      https: https(1990),
    },
    {
      status: ACTIVE,
      reload: 'restart',
      deviation:
        'answers have members of their own behind those of SRS, sample rates are those of the decoder, players of HLS can be disconnected, and a callback that is no name of a function is answered with 4058',
    },
  ),
  http_server: block(
    {
      enabled: flag(false),
      listen: endpoint(8080),
      dir: text('./objs/nginx/html', {
        type: 'path',
        deviation: 'all files may be asked for in parts; names that begin with a dot are not served',
      }),
      crossdomain: flag(true, { status: accepted('answers always have CORS headers') }),
      https: https(8088),
    },
    { status: ACTIVE, reload: 'restart' },
  ),
  exporter: block(
    { enabled: flag(false), listen: endpoint(9972), label: text(''), tag: text('') },
    { since: 5, status: accepted('metrics are at /metrics of the API'), reload: 'restart' },
  ),
} as const

/** SRT. @see SRS 4 `full.conf`, "srt_server" */
export const SRT_SERVER = block(
  {
    enabled: flag(false),
    listen: endpoint(10_080),
    maxbw: integer(-1, { min: -1, unit: 'bytes/s' }),
    mss: integer(1500, {
      min: 76,
      max: 65_535,
      unit: 'bytes',
      deviation: 'as given; SRS 4 looks for it under another name, so that it is always 1500',
    }),
    latency: integer(120, { min: 0, unit: 'ms' }),
    recvlatency: integer(120, { min: 0, unit: 'ms' }),
    peerlatency: integer(0, { min: 0, unit: 'ms', deviation: 'as given; SRS 4 sets the value of recvlatency' }),
    tlpkdrop: flag(true),
    tlpktdrop: flag(true, { since: 5 }),
    connect_timeout: integer(3000, { min: 0, unit: 'ms' }),
    peer_idle_timeout: integer(10_000, { min: 0, unit: 'ms', since: 5 }),
    sendbuf: integer(8192 * 1472, { min: 0, unit: 'bytes' }),
    recvbuf: integer(8192 * 1472, { min: 0, unit: 'bytes' }),
    payloadsize: integer(1316, { min: 0, max: 1500, unit: 'bytes' }),
    default_app: text('live'),
    mix_correct: flag(true),
    sei_filter: flag(true),
    tsbpdmode: flag(true, { since: 5 }),
    passphrase: text('', { since: 5 }),
    pbkeylen: integer(0, { min: 0, max: 32, unit: 'bytes', since: 5 }),
  },
  { status: NOT_YET, reload: 'restart' },
)

/** WebRTC. @see SRS 4 `full.conf`, "rtc_server" */
export const RTC_SERVER = block(
  {
    enabled: flag(false),
    listen: endpoint(8000),
    candidate: text('*', {
      type: '*, address, host, host:port or $VARIABLE',
      reload: 'next',
      deviation: 'names are looked up, and what they stand for is told',
    }),
    api_as_candidates: flag(true, { reload: 'next' }),
    resolve_api_domain: flag(true, { reload: 'next' }),
    keep_api_domain: flag(false, { reload: 'next' }),
    use_auto_detect_network_ip: flag(true, { reload: 'next' }),
    ip_family: choice('ipv4', ['ipv4', 'ipv6', 'all'], { reload: 'next' }),
    ecdsa: flag(true, { status: accepted('the certificate is always ECDSA') }),
    encrypt: flag(true, { status: accepted('media is always encrypted'), reload: 'next' }),
    reuseport: integer(1, { min: 1, max: 64, status: accepted('one socket serves all peers') }),
    merge_nalus: flag(false, { unlessOff: true, status: accepted('pictures are not merged'), reload: 'next' }),
    protocol: choice('udp', ['udp', 'tcp', 'all'], { since: 5, deviation: 'with tcp there is UDP as well' }),
    tcp: block(
      {
        enabled: flag(false),
        listen: endpoint(8000, { status: accepted('TCP is at the port of rtc_server.listen') }),
      },
      { since: 5 },
    ),
    black_hole: block(
      { enabled: flag(false), addr: text('', { type: 'host:port' }) },
      { lenient: true, status: accepted('packets are not copied elsewhere') },
    ),
    dir: text('', { type: 'path', status: NO_MATTER }),
  },
  { status: ACTIVE, reload: 'restart' },
)

/** What the casters of GB28181 took, of 4.0 before it was removed and of 5.0 since. */
const SIP = block(
  {
    enabled: flag(false),
    listen: endpoint(5060),
    timeout: integer(60, { min: 0, unit: 's', since: 5 }),
    reinvite: integer(5, { min: 0, unit: 's', since: 5 }),
    candidate: text('*', { since: 5 }),
    ack_timeout: integer(30, { min: 0, unit: 's' }),
    keepalive_timeout: integer(120, { min: 0, unit: 's' }),
    host: text('*'),
    serial: text(''),
    realm: text(''),
    auto_play: flag(true),
    invite_port_fixed: flag(true),
    query_catalog_interval: integer(60, { min: 0, unit: 's' }),
  },
  { status: NOT_YET },
)

/** Other protocols made into RTMP. @see SRS 4 `full.conf`, "stream_caster" */
export const STREAM_CASTER = repeated(
  undefined,
  {
    enabled: flag(false),
    caster: choice('', ['', 'mpegts_over_udp', 'flv', 'gb28181'], {
      refused: { rtsp: 'removed from SRS 4.0.171 on' },
    }),
    output: shaped('', 'rtmp URL', /^rtmps?:\/\/\S+$/),
    listen: endpoint(undefined),
    tcp_enable: flag(false),
    rtp_port_min: integer(0, { min: 0, max: 65_535 }),
    rtp_port_max: integer(0, { min: 0, max: 65_535 }),
    rtp_idle_timeout: integer(30, { min: 0, unit: 's' }),
    audio_enable: flag(true),
    wait_keyframe: flag(true),
    jitterbuffer_enable: flag(true),
    host: text('*'),
    auto_create_channel: flag(true),
    sip: SIP,
  },
  {
    status: NOT_YET,
    reload: 'restart',
    check({ enabled, caster, listen }) {
      if (!enabled) return undefined
      if (caster === '') return 'caster is missing: mpegts_over_udp, flv or gb28181'
      return listen && listen.port > 0 ? undefined : 'listen is missing: the port of the caster'
    },
  },
)
