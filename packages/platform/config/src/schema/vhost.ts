import { NO_MATTER, NOT_YET } from './reasons.ts'
import { ACTIVE, accepted, block, repeated } from './specification.ts'
import { accessRules, choice, decimal, flag, integer, list, shaped, text } from './values.ts'
import { DASH, DVR, FORWARD, HDS, HLS } from './vhost-outputs.ts'
import { EXEC, INGEST, TRANSCODE } from './vhost-processes.ts'

/** Delivery to players. @see SRS 4 `full.conf`, "play" */
const PLAY = block(
  {
    gop_cache: flag(true, { status: ACTIVE, reload: 'hot' }),
    gop_cache_max_frames: integer(2500, { min: 0, since: 5, status: ACTIVE }),
    queue_length: integer(30, {
      min: 1,
      max: 3600,
      unit: 's',
      status: ACTIVE,
      reload: 'hot',
      deviation: 'a player that is 8 MiB behind goes on at the newest key frame, too',
    }),
    time_jitter: choice('full', ['full', 'zero', 'off'], {
      otherwise: 'off',
      status: ACTIVE,
      deviation:
        'times are repaired as they come in, once for all, and begin with the stream, not with each player: `zero` is as `full`, and `off` keeps the times of the publisher',
    }),
    atc: flag(false, {
      status: ACTIVE,
      deviation: 'of HTTP-FLV, too; metadata keeps the time 0, which players expect',
    }),
    atc_auto: flag(false, { status: ACTIVE }),
    mix_correct: flag(false, { status: ACTIVE }),
    mw_latency: integer(350, { min: 0, max: 10_000, unit: 'ms', status: ACTIVE, reload: 'hot' }),
    mw_msgs: integer(8, {
      min: 0,
      max: 128,
      outside: 'default',
      status: ACTIVE,
      reload: 'hot',
      deviation: 'waited for for a second mw_latency at most; SRS waits until there are so many',
    }),
    send_min_interval: decimal(0, {
      min: 0,
      unit: 'ms',
      status: ACTIVE,
      reload: 'hot',
      deviation: 'of all players; SRS knows it for those of RTMP',
    }),
    reduce_sequence_header: flag(false, {
      status: ACTIVE,
      reload: 'hot',
      deviation: 'repeated sequence headers are never passed on; on spares players repeated metadata, too',
    }),
  },
  { status: ACTIVE, reload: 'next' },
)

/** What comes from publishers. @see SRS 4 `full.conf`, "publish" */
const PUBLISH = block(
  {
    mr: flag(false, { status: NO_MATTER }),
    mr_latency: integer(350, { min: 0, unit: 'ms', status: NO_MATTER }),
    firstpkt_timeout: integer(20_000, { min: 100, unit: 'ms', status: ACTIVE }),
    normal_timeout: integer(5000, { min: 100, unit: 'ms', status: ACTIVE }),
    parse_sps: flag(true, { status: accepted('parameter sets are always read') }),
    try_annexb_first: flag(true, { since: 5, status: accepted('the form of the bitstream is found out by itself') }),
    kickoff_for_idle: decimal(0, {
      min: 0,
      unit: 's',
      since: 5,
      status: ACTIVE,
      reload: 'hot',
      deviation: 'viewers of HLS count as players',
    }),
  },
  { status: ACTIVE, reload: 'next' },
)

/** Edges and origins. @see SRS 4 `full.conf`, "cluster" */
const CLUSTER = block(
  {
    mode: choice('local', ['local', 'remote'], {
      otherwise: 'local',
      deviation: 'it may be changed by a reload; SRS refuses one that does',
    }),
    origin: list('host[:port]'),
    token_traverse: flag(false),
    vhost: text('[vhost]'),
    debug_srs_upnode: flag(true),
    origin_cluster: flag(false),
    coworkers: list('host:port', { fromEnvironment: false }),
    protocol: choice('rtmp', ['rtmp', 'flv'], { since: 5 }),
    follow_client: flag(false, { since: 5 }),
  },
  {
    status: ACTIVE,
    reload: 'next',
    deviation:
      'an edge keeps a stream for a second after its last player; what is published there is played there without the origin, and has its HLS',
  },
)

/** WebRTC of a vhost. @see SRS 4 `full.conf`, "rtc" */
const RTC = block(
  {
    enabled: flag(false),
    nack: flag(true),
    nack_no_copy: flag(true, { status: NO_MATTER }),
    twcc: flag(true),
    stun_timeout: integer(30, { min: 1, unit: 's' }),
    stun_strict_check: flag(false, {
      status: accepted('checks of STUN are always strict: integrity is verified, and a role conflict answered'),
    }),
    dtls_role: choice('passive', ['passive', 'active']),
    dtls_version: choice('auto', ['auto', 'dtls1.0', 'dtls1.2'], { status: accepted('it is always DTLS 1.2') }),
    drop_for_pt: integer(0, { min: 0, max: 127 }),
    rtmp_to_rtc: flag(false),
    keep_bframe: flag(false),
    rtc_to_rtmp: flag(false),
    pli_for_rtmp: decimal(6, { min: 0.5, max: 30, outside: 'default', unit: 's' }),
    keep_avc_nalu_sei: flag(true, { since: 5, status: accepted('SEI is always kept') }),
    opus_bitrate: integer(48_000, { min: 0, unit: 'bit/s', since: 5 }),
    aac_bitrate: integer(48_000, { min: 0, unit: 'bit/s', since: 5 }),
  },
  { status: ACTIVE, reload: 'next' },
)

const HTTP_REMUX = block(
  {
    enabled: flag(false),
    fast_cache: decimal(0, {
      min: 0,
      unit: 's',
      status: ACTIVE,
      reload: 'hot',
      deviation:
        'bounded by 4 MiB a stream, too; with 0 a player begins with the sound since the last key frame, or with one second of sound alone',
    }),
    mount: shaped(
      '[vhost]/[app]/[stream].flv',
      'template that ends with .flv, .ts, .aac or .mp3',
      /\.(flv|ts|aac|mp3)$/,
      {
        status: ACTIVE,
        deviation: 'an app may have slashes; where the path has [vhost] in it, requests need not be for the host',
      },
    ),
    drop_if_not_match: flag(true, { since: 5, status: ACTIVE }),
    has_audio: flag(true, { since: 5, status: ACTIVE }),
    has_video: flag(true, { since: 5, status: ACTIVE }),
    guess_has_av: flag(true, {
      since: 5,
      status: ACTIVE,
      deviation: 'on: the header tells the tracks there are when a player joins',
    }),
  },
  { status: ACTIVE, reload: 'next' },
)

const HTTP_STATIC = block(
  {
    enabled: flag(false),
    mount: text('[vhost]/', { type: 'template' }),
    dir: text('./objs/nginx/html', { type: 'path' }),
  },
  {
    status: ACTIVE,
    reload: 'next',
    deviation: 'what is not in `dir` is looked for in `http_server.dir` too',
  },
)

const URLS = 'http(s) URLs'
const HTTP_HOOKS = block(
  {
    enabled: flag(false),
    on_connect: list(URLS),
    on_close: list(URLS),
    on_publish: list(URLS),
    on_unpublish: list(URLS),
    on_play: list(URLS),
    on_stop: list(URLS),
    on_dvr: list(URLS),
    on_hls: list(URLS),
    on_hls_notify: list(URLS),
    timeout: decimal(30, { min: 0.1, max: 600, unit: 's', since: 'Millrace' }),
    verify: flag(false, { since: 'Millrace' }),
  },
  {
    status: ACTIVE,
    reload: 'next',
    deviation:
      'a client that is refused is told so before it is disconnected, unless `refuse_silently` is on; `timeout` is for a whole call, `verify` wants valid certificates',
  },
)

const SECURITY = block(
  { enabled: flag(false), allow: accessRules(), deny: accessRules() },
  { status: ACTIVE, reload: 'next', deviation: 'for all protocols, and of networks too, as from SRS 5 on' },
)

const REFER = block(
  { enabled: flag(false), all: list('domains'), publish: list('domains'), play: list('domains') },
  {
    status: ACTIVE,
    reload: 'next',
    deviation: '`evilexample.com` is not within `example.com`; SRS compares the ends of names only',
  },
)

const BANDCHECK = block(
  {
    enabled: flag(false),
    key: text(''),
    interval: decimal(30, { min: 0, unit: 's' }),
    limit_kbps: integer(1000, { min: 1, unit: 'kbps' }),
  },
  { status: ACTIVE, reload: 'next', deviation: 'a client with a wrong key is told so; SRS closes without a word' },
)

/** A virtual host. There is no inheritance between them. @see SRS 4 `full.conf`, "vhost" */
export const VHOST = repeated(
  { label: 'NAME', optional: false, twice: 'first' },
  {
    enabled: flag(true, { status: ACTIVE }),
    refuse_silently: flag(false, {
      since: 'Millrace',
      status: ACTIVE,
      deviation:
        'clients that are refused are told why before they are disconnected; with this on, as SRS does it, not a word',
    }),
    chunk_size: integer(undefined, { min: 128, max: 65_536, unit: 'bytes', status: ACTIVE }),
    min_latency: flag(false, { status: ACTIVE, reload: 'hot' }),
    tcp_nodelay: flag(false, { status: accepted('sockets never wait to fill a packet') }),
    in_ack_size: integer(0, { min: 0, unit: 'bytes', status: ACTIVE }),
    out_ack_size: integer(2_500_000, { min: 0, unit: 'bytes', status: ACTIVE }),
    play: PLAY,
    publish: PUBLISH,
    cluster: CLUSTER,
    security: SECURITY,
    refer: REFER,
    bandcheck: BANDCHECK,
    forward: FORWARD,
    http_static: HTTP_STATIC,
    http_remux: HTTP_REMUX,
    http_hooks: HTTP_HOOKS,
    exec: EXEC,
    hls: HLS,
    dash: DASH,
    hds: HDS,
    dvr: DVR,
    rtc: RTC,
    srt: block({ enabled: flag(false), srt_to_rtmp: flag(true) }, { since: 5 }),
    transcode: TRANSCODE,
    ingest: INGEST,
  },
  {
    status: NOT_YET,
    reload: 'next',
    check: ({ publish, forward }) =>
      publish.kickoff_for_idle > 0 && forward.enabled
        ? 'kickoff_for_idle and forward are both on: who is passed on has no players here'
        : undefined,
  },
)
