import { ACTIVE, accepted, block } from './specification.ts'
import { choice, decimal, flag, integer, list, shaped, text } from './values.ts'

/** HLS. @see SRS 4 `full.conf`, "hls" */
export const HLS = block(
  {
    enabled: flag(false),
    hls_fragment: decimal(10, { min: 0.1, max: 600, unit: 's' }),
    hls_td_ratio: decimal(1.5, { min: 1 }),
    hls_aof_ratio: decimal(2, { min: 1 }),
    hls_window: decimal(60, { min: 0.1, max: 86_400, unit: 's' }),
    hls_on_error: choice('continue', ['continue', 'ignore', 'disconnect'], {
      deviation: 'continue goes on with the next segment; SRS disconnects the publisher in most cases',
    }),
    hls_path: text('./objs/nginx/html', { type: 'path' }),
    hls_m3u8_file: text('[app]/[stream].m3u8', { type: 'template' }),
    hls_ts_file: text('[app]/[stream]-[seq].ts', { type: 'template' }),
    hls_ts_floor: flag(false),
    hls_entry_prefix: text('', { type: 'URL' }),
    hls_acodec: choice('aac', ['aac', 'mp3', 'an'], { status: accepted('the codecs are those of the stream') }),
    hls_vcodec: choice('h264', ['h264', 'vn'], { status: accepted('the codecs are those of the stream') }),
    hls_cleanup: flag(true, {
      deviation: 'files stay for as long as players may still ask for them (RFC 8216, 6.2.2)',
    }),
    hls_dispose: integer(0, { min: 0, unit: 's' }),
    hls_nb_notify: integer(64, { unit: 'bytes' }),
    hls_wait_keyframe: flag(true),
    hls_keys: flag(false, {
      unlessOff: true,
      deviation:
        'padding is always that of RFC 8216, the IV is new for each segment, and the key is listed as long as it is needed',
    }),
    hls_fragments_per_key: integer(5, { min: 0 }),
    hls_key_file: text('[app]/[stream]-[seq].key', { type: 'template' }),
    hls_key_file_path: text('', { type: 'path' }),
    hls_key_url: text('', {
      type: 'URL',
      deviation: 'without it the URI is relative to the playlist; SRS writes a path of the file system',
    }),
    hls_dts_directly: flag(true, {
      deviation: 'off: the sound is set right when it is 50 ms off what its samples tell; SRS lets it drift',
    }),
    hls_ctx: flag(true, {
      since: 5,
      deviation: 'a context that was forgotten is taken up again, so that players go on after a pause',
    }),
    hls_ts_ctx: flag(true, { since: 5 }),
    hls_storage: text('', { status: accepted('removed from SRS 4') }),
    hls_mount: text('', { status: accepted('removed from SRS 4') }),
  },
  { status: ACTIVE, reload: 'hot' },
)

/** MPEG-DASH. @see SRS 4 `full.conf`, "dash" */
export const DASH = block(
  {
    enabled: flag(false),
    dash_fragment: decimal(30, {
      min: 0.1,
      unit: 's',
      deviation:
        'segments are numbered one by one from the first, not by the clock, and a timeline tells when they are',
    }),
    dash_update_period: decimal(150, {
      min: 0.1,
      unit: 's',
      deviation:
        'players ask at least once in a dash_fragment, as the manifest lists each segment and is written with each',
    }),
    dash_timeshift: decimal(300, { min: 0.1, unit: 's' }),
    dash_path: text('./objs/nginx/html', { type: 'path' }),
    dash_mpd_file: text('[app]/[stream].mpd', { type: 'template' }),
    dash_window_size: integer(5, {
      min: 0,
      since: 5,
      unit: 'segments',
      deviation: 'so many are listed at least, and more where dash_timeshift is longer',
    }),
    dash_cleanup: flag(true, {
      since: 5,
      deviation: 'files stay for as long as players may still ask for them (ISO/IEC 23009-1, A.3.4)',
    }),
    dash_dispose: integer(0, { min: 0, unit: 's', since: 5 }),
  },
  {
    status: ACTIVE,
    reload: 'hot',
    deviation:
      'its files are for everybody, as all files of `http_server.dir` are: as in SRS, neither security nor callbacks are asked about them',
  },
)

/** Adobe HDS. @see SRS 4 `full.conf`, "hds" */
export const HDS = block(
  {
    enabled: flag(false),
    hds_fragment: decimal(10, {
      min: 0.1,
      unit: 's',
      deviation: 'fragments begin with a key frame; SRS cuts anywhere',
    }),
    hds_window: decimal(60, {
      min: 0.1,
      unit: 's',
      deviation: 'files stay for as long as players may still ask for them',
    }),
    hds_path: text('./objs/nginx/html', { type: 'path' }),
  },
  { status: ACTIVE, reload: 'hot', deviation: 'its files are for everybody, as those of DASH are' },
)

/** Recording. @see SRS 4 `full.conf`, "dvr" */
export const DVR = block(
  {
    enabled: flag(false),
    dvr_apply: list('all or app/stream', {
      default: ['all'],
      deviation: 'read at each publish; SRS reads it once for each stream',
    }),
    dvr_plan: choice('session', ['session', 'segment'], {
      refused: { append: 'removed from SRS 3' },
      deviation:
        'a publish without media leaves no file; a configuration that changes in an MP4 file begins another file',
    }),
    dvr_path: text('./objs/nginx/html/[app]/[stream].[timestamp].flv', {
      type: 'template',
      deviation:
        'a node that ends completes its files, and the `.tmp` of one that is killed can be played: an MP4 file has fragments until it is complete',
    }),
    dvr_duration: integer(30, { min: 1, unit: 's' }),
    dvr_wait_keyframe: flag(true, { deviation: 'a stream without pictures is cut by its duration; SRS never cuts it' }),
    time_jitter: choice('full', ['full', 'zero', 'off'], {
      otherwise: 'off',
      deviation: 'times are repaired as they come in: `zero` is as `full`, and `off` keeps the times of the stream',
    }),
  },
  {
    status: ACTIVE,
    reload: 'hot',
    deviation:
      'after a reload another file begins with the next key frame, and `dvr_apply` counts for streams that are there',
  },
)

/** Streams passed on to other servers. @see SRS 4 `full.conf`, "forward" */
export const FORWARD = block(
  {
    enabled: flag(false),
    destination: list('host[:port] or rtmp(s) URL'),
    backend: shaped('', 'http(s) URL', /^https?:\/\/\S+$/, { since: 5 }),
  },
  {
    status: ACTIVE,
    reload: 'hot',
    deviation:
      'a destination may be a URL, of RTMPS too, with [vhost], [app], [stream] and [param]; what comes back from where it went is not passed on again',
  },
)
