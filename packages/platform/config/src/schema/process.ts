import { NO_MATTER, NOT_YET } from './reasons.ts'
import { ACTIVE, accepted, block, refused } from './specification.ts'
import { choice, decimal, endpoints, flag, integer, list, shaped, text } from './values.ts'

/** The process: listeners, identity, logs, life. @see SRS 4 `full.conf`, "main" */
export const PROCESS = {
  listen: endpoints({
    status: ACTIVE,
    reload: 'restart',
    deviation: 'every address must be bound, or the node does not start; SRS minds the last one only',
  }),
  pid: text('./objs/srs.pid', { type: 'path', status: ACTIVE, reload: 'restart' }),
  server_id: text('', { status: ACTIVE, reload: 'restart' }),
  chunk_size: integer(60_000, { min: 128, max: 65_536, unit: 'bytes', status: ACTIVE, reload: 'next' }),
  max_connections: integer(1000, {
    min: 1,
    max: 1_000_000,
    status: ACTIVE,
    reload: 'hot',
    deviation: 'counted at each listener; a client above it is closed at once',
  }),
  daemon: flag(false, {
    status: ACTIVE,
    reload: 'restart',
    deviation: 'off by default; the command ends when the node serves, or says why it does not',
  }),
  work_dir: text('./', { type: 'path', status: ACTIVE, reload: 'restart' }),
  user: text('', { type: 'name', since: 'Millrace', status: ACTIVE, reload: 'restart' }),
  group: text('', { type: 'name', since: 'Millrace', status: ACTIVE, reload: 'restart' }),
  asprocess: flag(false, { status: ACTIVE, reload: 'restart' }),
  srs_log_tank: choice('file', ['console', 'file'], {
    otherwise: 'file',
    status: ACTIVE,
    reload: 'hot',
    deviation: 'a file in containers too, unless it says console',
  }),
  srs_log_level: choice('trace', ['verbose', 'info', 'trace', 'warn', 'error'], { status: ACTIVE, reload: 'hot' }),
  srs_log_level_v2: choice('', ['', 'trace', 'debug', 'info', 'warn', 'error'], {
    since: 5,
    status: ACTIVE,
    reload: 'hot',
  }),
  srs_log_file: text('./objs/srs.log', { type: 'path', status: ACTIVE, reload: 'hot' }),
  srs_log_format: choice('srs', ['srs', 'json', 'text'], { since: 'Millrace', status: ACTIVE, reload: 'hot' }),
  ff_log_dir: text('./objs', { type: 'path', status: ACTIVE, reload: 'next' }),
  ff_log_level: text('info', { type: 'level of FFmpeg', status: ACTIVE, reload: 'hot' }),
  utc_time: flag(false, {
    status: ACTIVE,
    reload: 'next',
    deviation: 'log lines in JSON are in UTC, always',
  }),
  pithy_print_ms: integer(10_000, {
    min: 0,
    unit: 'ms',
    status: accepted(
      'sessions are logged when they begin and end; how they do meanwhile is told by the API and metrics',
    ),
    reload: 'hot',
  }),
  empty_ip_ok: flag(true, { status: NO_MATTER, reload: 'next' }),
  in_docker: flag(false, {
    status: ACTIVE,
    reload: 'restart',
    deviation: 'a container of Docker is known by /.dockerenv, too',
  }),
  disable_daemon_for_docker: flag(true, { status: ACTIVE, reload: 'restart' }),
  inotify_auto_reload: flag(false, { status: ACTIVE, reload: 'restart' }),
  auto_reload_for_docker: flag(true, { status: ACTIVE, reload: 'restart' }),
  grace_start_wait: integer(2300, { min: 0, max: 600_000, unit: 'ms', status: ACTIVE, reload: 'hot' }),
  grace_final_wait: integer(3200, { min: 0, max: 600_000, unit: 'ms', status: ACTIVE, reload: 'hot' }),
  force_grace_quit: flag(false, { status: ACTIVE, reload: 'hot' }),
  query_latest_version: flag(false, {
    unlessOff: true,
    status: accepted('Millrace never asks anybody for versions'),
    reload: 'restart',
    deviation: 'off by default, and nothing is sent to anybody',
  }),
  first_wait_for_qlv: integer(300, {
    min: 0,
    unit: 's',
    status: accepted('Millrace never asks anybody for versions'),
    reload: 'restart',
  }),
  tcmalloc_release_rate: decimal(0.8, { status: NO_MATTER, reload: 'restart' }),
  is_full: flag(false, { status: refused('marks a file that is for reading only'), reload: 'restart' }),
  circuit_breaker: block(
    {
      enabled: flag(true),
      high_threshold: integer(90, { min: 0, unit: '% of CPU' }),
      high_pulse: integer(2, { min: 0, unit: 's' }),
      critical_threshold: integer(95, { min: 0, unit: '% of CPU' }),
      critical_pulse: integer(1, { min: 0, unit: 's' }),
      dying_threshold: integer(99, { min: 0, unit: '% of CPU' }),
      dying_pulse: integer(5, { min: 0, unit: 's' }),
    },
    { lenient: true, status: NOT_YET, reload: 'restart' },
  ),
  threads: block(
    { interval: integer(5, { min: 0, unit: 's' }) },
    { since: 5, lenient: true, status: NO_MATTER, reload: 'restart' },
  ),
  tencentcloud_cls: block(
    {},
    {
      since: 5,
      lenient: true,
      status: accepted('a service of one cloud; logs are JSON on standard output'),
      reload: 'restart',
    },
  ),
  tencentcloud_apm: block(
    {},
    { since: 5, lenient: true, status: accepted('a service of one cloud; traces go by OTLP'), reload: 'restart' },
  ),
  heartbeat: block(
    {
      enabled: flag(false),
      // SRS reads the seconds without their fraction, and doesn't start at 0
      interval: integer(10, { min: 1, unit: 's' }),
      url: shaped('http://127.0.0.1:8085/api/v1/servers', 'http(s) URL', /^https?:\/\/\S+$/, { reload: 'next' }),
      device_id: text('', { reload: 'next' }),
      summaries: flag(false, { reload: 'next' }),
      ports: flag(false, { since: 5, reload: 'next' }),
    },
    { status: ACTIVE, reload: 'restart' },
  ),
  stats: block(
    {
      enabled: flag(true, { status: accepted('figures are always there') }),
      network: integer(0, { min: 0, reload: 'next', status: ACTIVE }),
      disk: list('devices', { status: ACTIVE }),
    },
    { status: NOT_YET, reload: 'restart' },
  ),
} as const
