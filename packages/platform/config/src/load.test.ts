import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded, Random } from '@millrace/testkit'

import { loadConfig } from './load.ts'
import { issueText } from './issue.ts'
import { ALIASES } from './rewrite.ts'
import { directiveTable } from './schema/table.ts'
import { brief, load, memoryFiles } from './testing.ts'

const errors = (text: string): string[] => brief(load(text).issues.filter(({ severity }) => severity === 'error'))
const warnings = (text: string): string[] => brief(load(text).issues.filter(({ severity }) => severity === 'warning'))

test('what is not in the file has its default', () => {
  const { config, issues } = load('vhost __defaultVhost__ { }')
  assert.deepEqual(issues, [])
  assert.equal(config?.max_connections, 1000)
  assert.deepEqual(config?.http_api, {
    enabled: false,
    listen: { host: undefined, port: 1985 },
    crossdomain: true,
    raw_api: { enabled: false, allow_reload: false, allow_query: false, allow_update: false },
    auth: { enabled: false, username: '', password: '' },
    https: {
      enabled: false,
      listen: { host: undefined, port: 1990 },
      key: './conf/server.key',
      cert: './conf/server.crt',
    },
  })
  const [vhost] = config?.vhost ?? []
  assert.equal(vhost?.play.gop_cache, true)
  assert.equal(vhost?.hls.hls_fragment, 10)
  assert.deepEqual(vhost?.ingest, [])
})

test('values have the types of their directives', () => {
  const { config } = load(`
    vhost live.example.com {
      enabled off;
      hls { hls_fragment 1.5; }
      play { time_jitter zero; mw_latency 0; }
      security { enabled on; deny publish 10.0.0.0/8; allow play all; allow publish 127.0.0.1; }
      exec { publish ./ffmpeg -i [url] out.flv; publish ./other; }
      transcode live/x { enabled on; engine hd { vparams { t 100; coder 1; } vfilter { vf 'drawtext=a b'; } } }
      ingest one { input { type stream; url rtsp://h/x; } }
    }`)
  const [vhost] = config?.vhost ?? []
  assert.ok(vhost)
  assert.equal(vhost.name, 'live.example.com')
  assert.equal(vhost.enabled, false)
  assert.equal(vhost.hls.hls_fragment, 1.5)
  assert.deepEqual([vhost.play.time_jitter, vhost.play.mw_latency], ['zero', 0])
  assert.deepEqual(vhost.security, {
    enabled: true,
    allow: [
      { action: 'play', from: 'all' },
      { action: 'publish', from: '127.0.0.1' },
    ],
    deny: [{ action: 'publish', from: '10.0.0.0/8' }],
  })
  assert.deepEqual(vhost.exec.publish, [['./ffmpeg', '-i', '[url]', 'out.flv'], ['./other']])
  const [transcode] = vhost.transcode
  assert.deepEqual([transcode?.name, transcode?.engine[0]?.name], ['live/x', 'hd'])
  assert.deepEqual(transcode?.engine[0]?.vparams, [
    ['t', '100'],
    ['coder', '1'],
  ])
  assert.deepEqual(transcode?.engine[0]?.vfilter, [['vf', 'drawtext=a b']])
  assert.deepEqual(vhost.ingest[0]?.input, { type: 'stream', url: 'rtsp://h/x' })
})

test('endpoints are ports, with an address of either kind or without', () => {
  const { config } = loadConfig('a', { files: memoryFiles({ a: 'listen 1935 127.0.0.1:1936 [::1]:1937 [::]:0;' }) })
  assert.deepEqual(config?.listen, [
    { host: undefined, port: 1935 },
    { host: '127.0.0.1', port: 1936 },
    { host: '::1', port: 1937 },
    { host: '::', port: 0 },
  ])
  assert.match(errors('http_api { listen 1.2.3.4; }')[0] ?? '', /"1.2.3.4" is no \[ip:\]port/)
  assert.match(errors('http_api { listen 70000; }')[0] ?? '', /is no \[ip:\]port/)
})

test('an unknown directive is named with its place and the nearest one there is', () => {
  assert.deepEqual(errors('vhost a {\n  hls { hls_fragmnt 10; }\n}'), [
    '2:9 error CONFIG_UNKNOWN unknown directive "vhost.hls.hls_fragmnt", did you mean "hls_fragment"?',
  ])
  assert.deepEqual(errors('lsiten 1935;'), [
    '1:14 error CONFIG_UNKNOWN unknown directive "lsiten", did you mean "listen"?',
  ])
  assert.deepEqual(errors('vhost a { hls_window 3; }'), [
    '1:24 error CONFIG_UNKNOWN unknown directive "vhost.hls_window", it belongs in vhost.hls',
  ])
  assert.deepEqual(errors('xyzzyplugh on;'), ['1:14 error CONFIG_UNKNOWN unknown directive "xyzzyplugh"'])
  assert.equal(
    load(
      'constructor on; toString { constructor { valueOf a; } __proto__ b; } vhost a { toString x; mr { constructor x; } }',
    ).config,
    undefined,
  )
})

test('an issue reads as those of compilers do', () => {
  const [issue] = load('\n  nothing;').issues
  assert.equal(issue && issueText(issue), 'srs.conf:2:3: error: unknown directive "nothing" (CONFIG_UNKNOWN)')
})

test('where SRS does not look, an unknown directive is a warning', () => {
  assert.deepEqual(errors('circuit_breaker { enabled off; x 1; } http_api { https { what ever; } }'), [])
  assert.equal(warnings('circuit_breaker { enabled off; x 1; }').length, 1)
})

test('on and off are read as SRS reads them, and anything else is warned of', () => {
  const { config, issues } = load('vhost a { hls { enabled true; hls_keys 1; hls_cleanup no; } }')
  const hls = config?.vhost[0]?.hls
  assert.deepEqual([hls?.enabled, hls?.hls_keys, hls?.hls_cleanup], [false, true, true])
  assert.equal(issues.filter(({ severity, code }) => severity === 'warning' && code === 'CONFIG_VALUE').length, 3)
})

test('numbers may have a tail, and must be numbers within their range', () => {
  const { config } = load('max_connections 100k; vhost a { hls { hls_fragment 2.5s; } play { mw_msgs 500; } }')
  assert.deepEqual(
    [config?.max_connections, config?.vhost[0]?.hls.hls_fragment, config?.vhost[0]?.play.mw_msgs],
    [100, 2.5, 8],
  )
  assert.deepEqual(errors('max_connections many;'), ['1:30 error CONFIG_VALUE max_connections: "many" is no integer'])
  assert.deepEqual(errors('max_connections 0;'), [
    '1:30 error CONFIG_VALUE max_connections: 0 is not integer from 1 to 1000000',
  ])
  assert.equal(errors(`max_connections ${'9'.repeat(400)};`).length, 1)
})

test('rules are of all, of addresses, or of networks', () => {
  const wrong = (rule: string): number => errors(`vhost v { security { allow ${rule}; } }`).length
  for (const from of ['all', '1.2.3.4', '10.0.0.0/8', '::1', '2001:db8::/32'])
    assert.equal(wrong(`play ${from}`), 0, from)
  for (const from of ['1.2.3', '1.2.3.256', '1.2.3.4/33', '::1/129', '1.2.3.4/', '1.2.3.4/8/8', 'host', '[::1]']) {
    assert.equal(wrong(`publish ${from}`), 1, from)
  }
  assert.deepEqual([wrong('play'), wrong('watch all'), wrong('')], [1, 1, 1])
})

test('a directive without a value is left at its default', () => {
  const { config, issues } = load('max_connections; http_api { listen ""; }')
  assert.equal(config?.max_connections, 1000)
  assert.equal(config?.http_api.listen.port, 1985)
  assert.equal(issues.filter(({ severity }) => severity === 'warning').length, 2)
})

test('blocks and values are not taken for one another', () => {
  assert.deepEqual(errors('http_api on;'), ['1:14 error CONFIG_VALUE http_api needs a block: http_api { … }'])
  assert.deepEqual(errors('daemon { }'), ['1:14 error CONFIG_VALUE daemon takes no block'])
  assert.deepEqual(errors('vhost { }'), ['1:14 error CONFIG_VALUE vhost needs a name: vhost NAME { … }'])
  assert.deepEqual(errors('vhost a { transcode { engine { vparams x; } } }').length, 1)
})

test('of what is given twice the first counts, but no two ingests have one id', () => {
  const { config, issues } = load('pid a; pid b; vhost v { enabled off; } vhost v { }')
  assert.equal(config?.pid, 'a')
  assert.deepEqual(
    config?.vhost.map(({ enabled }) => enabled),
    [false],
  )
  assert.deepEqual(brief(issues.filter(({ code }) => code === 'CONFIG_DUPLICATE')), [
    '1:21 warning CONFIG_DUPLICATE pid is there already, at srs.conf:1:14, which counts',
    '1:53 warning CONFIG_DUPLICATE vhost "v" is there already, at srs.conf:1:28, which counts',
  ])
  assert.match(errors('vhost v { ingest a { } ingest a { } }')[0] ?? '', /CONFIG_DUPLICATE vhost.ingest "a"/)
  assert.equal(
    load('vhost v { transcode { engine ff { } engine ff { } } }').config?.vhost[0]?.transcode[0]?.engine.length,
    2,
  )
})

test('what SRS does not start with, we do not', () => {
  const none = loadConfig('a', { files: memoryFiles({ a: 'daemon off;' }) })
  assert.deepEqual(brief(none.issues), [
    '1:1 error CONFIG_VALUE listen is missing: the RTMP port, for example `listen 1935;`',
  ])
  assert.match(errors('is_full on;')[0] ?? '', /CONFIG_REFUSED is_full/)
  assert.match(errors('heartbeat { interval 0.3; }')[0] ?? '', /heartbeat.interval: 0 is not integer from 1/)
  assert.match(errors('stream_caster { enabled on; caster rtsp; listen 554; }')[0] ?? '', /removed from SRS 4/)
  assert.match(errors('stream_caster { enabled on; caster flv; }')[0] ?? '', /listen is missing/)
  assert.deepEqual(errors('stream_caster { enabled off; }'), [])
})

test('what has no effect is said once, and not of what is off or at its default', () => {
  const notices = (text: string): string[] => brief(load(text).issues.filter(({ severity }) => severity === 'notice'))
  assert.deepEqual(notices('srt_server { enabled on; listen 1; latency 20; }'), [
    '1:14 notice CONFIG_NOT_ACTIVE srt_server: not active yet',
  ])
  assert.deepEqual(notices('srt_server { enabled off; listen 1; }'), [])
  assert.deepEqual(notices('query_latest_version on;').length, 1)
  assert.deepEqual(notices('daemon off; empty_ip_ok on;'), [])
})

test('a daemon is no process of another', () => {
  const errors = (text: string): number => load(text).issues.filter(({ severity }) => severity === 'error').length
  assert.deepEqual([errors('daemon on; asprocess on;'), errors('daemon on;'), errors('asprocess on;')], [1, 0, 0])
})

test('what SRS 4 takes in older forms is taken, with a warning', () => {
  const { config, issues } = load(`
    http_stream { enabled on; listen 8081; }
    rtc_server { enabled on; perf_stat on; queue_length 100; }
    vhost v {
      gop_cache off; queue_length 10; time_jitter off; mode remote; origin 127.0.0.1:1935 h; vhost other;
      play { queue_length 20; }
      refer a.com b.com; refer_publish c.com;
      mr { enabled on; latency 500; }
      publish_1stpkt_timeout 100; publish_normal_timeout 7000;
      forward 10.0.0.1 10.0.0.2:1936;
      http { enabled on; mount /x; }
      http_remux { enabled on; hstrs on; }
      nack { enabled off; no_copy off; } twcc { enabled off; }
      rtc { enabled on; aac transcode; bframe keep; }
    }`)
  const [vhost] = config?.vhost ?? []
  assert.ok(config && vhost)
  assert.deepEqual([config.http_server.enabled, config.http_server.listen.port], [true, 8081])
  assert.deepEqual([vhost.play.gop_cache, vhost.play.queue_length, vhost.play.time_jitter], [false, 20, 'off'])
  assert.deepEqual(
    [vhost.cluster.mode, vhost.cluster.origin, vhost.cluster.vhost],
    ['remote', ['127.0.0.1:1935', 'h'], 'other'],
  )
  assert.deepEqual(vhost.refer, { enabled: true, all: ['a.com', 'b.com'], publish: ['c.com'], play: [] })
  assert.deepEqual(
    [vhost.publish.mr, vhost.publish.mr_latency, vhost.publish.firstpkt_timeout, vhost.publish.normal_timeout],
    [true, 500, 100, 7000],
  )
  assert.deepEqual([vhost.forward.enabled, vhost.forward.destination], [true, ['10.0.0.1', '10.0.0.2:1936']])
  assert.deepEqual([vhost.http_static.enabled, vhost.http_static.mount], [true, '/x'])
  const { enabled, nack, nack_no_copy: noCopy, twcc, rtmp_to_rtc: fromRtmp, keep_bframe: keep } = vhost.rtc
  assert.deepEqual(
    { enabled, nack, noCopy, twcc, fromRtmp, keep },
    { enabled: true, nack: false, noCopy: false, twcc: false, fromRtmp: true, keep: true },
  )
  assert.equal(issues.filter(({ code }) => code === 'CONFIG_DEPRECATED').length, 21)
  assert.equal(issues.filter(({ severity }) => severity === 'error').length, 0)
})

test('an older block may be empty, and there may be many', () => {
  const { config } = load('vhost v { mr { } nack { } }')
  assert.equal(config?.vhost[0]?.publish.mr, false)
  const { issues } = load(`vhost v { ${'gop_cache off; '.repeat(40_000)} }`)
  assert.equal(issues.filter(({ code }) => code === 'CONFIG_DUPLICATE').length, 39_999)
})

test('variables of the environment come over the file', () => {
  const environment = {
    SRS_LISTEN: '1936 [::]:1937',
    SRS_HTTP_API_ENABLED: 'on',
    SRS_VHOST_HTTP_HOOKS_ON_PUBLISH: 'http://a/1  http://b/2',
    SRS_LOG_LEVEL: 'warn',
    SRS_VHOST_HLS_HLS_FRAGMENT: '3',
    HOME: '/root',
    SRS_PID: '',
  }
  const { config, issues } = load('vhost a { hls { hls_fragment 5; hls_window 50; } } vhost b { }', { environment })
  assert.ok(config)
  assert.deepEqual(
    config.listen.map(({ port }) => port),
    [1936, 1937],
  )
  assert.equal(config.http_api.enabled, true)
  assert.equal(config.srs_log_level, 'warn')
  assert.deepEqual(
    config.vhost.map(({ hls }) => [hls.hls_fragment, hls.hls_window]),
    [
      [3, 50],
      [3, 60],
    ],
  )
  assert.deepEqual(config.vhost[1]?.http_hooks.on_publish, ['http://a/1', 'http://b/2'])
  assert.deepEqual(
    issues.filter(({ severity }) => severity !== 'notice'),
    [],
  )
})

test('a vhost variable makes the default vhost when there is none', () => {
  const { config } = load('', { environment: { SRS_VHOST_RTC_RTMP_TO_RTC: 'on' } })
  assert.deepEqual(
    config?.vhost.map(({ name, rtc }) => [name, rtc.rtmp_to_rtc]),
    [['__defaultVhost__', true]],
  )
})

test('a variable that is wrong is named as such', () => {
  const { issues } = load('', { environment: { SRS_MAX_CONNECTIONS: 'x', SRS_MAX_CONECTIONS: '5' } })
  assert.deepEqual(issues.map(issueText), [
    'environment SRS_MAX_CONECTIONS:1:1: warning: SRS_MAX_CONECTIONS stands for no directive, did you mean SRS_MAX_CONNECTIONS? (CONFIG_UNKNOWN)',
    'environment SRS_MAX_CONNECTIONS:1:1: error: max_connections: "x" is no integer (CONFIG_VALUE)',
  ])
})

test('the candidate may name a variable', () => {
  const candidate = (environment: Record<string, string>): string | undefined =>
    load('rtc_server { candidate $CANDIDATE; }', { environment }).config?.rtc_server.candidate
  assert.equal(candidate({ CANDIDATE: '203.0.113.1' }), '203.0.113.1')
  assert.equal(candidate({}), '*')
})

test('no text makes it throw, whatever stands for values and names', () => {
  const sample = `listen 1935; http_api { enabled on; listen [::]:1; } stream_caster { enabled on; caster flv; listen 1; }
vhost a { hls { hls_fragment 2.5; hls_keys x; } mr { enabled on; } gop_cache off; refer x;
security { allow publish all; deny play 1.2.3.0/24; } transcode { engine { vparams { a b; } } } forward h; }`
  const decoder = new TextDecoder()
  for (const bytes of mutations(new TextEncoder().encode(sample), 1500)) {
    onlyCoded(() => {
      const { config, issues } = load(decoder.decode(bytes))
      assert.equal(
        config === undefined,
        issues.some(({ severity }) => severity === 'error'),
      )
    })
  }
})

/** Directives of known names and others, in blocks where they belong and where not. */
function randomText(random: Random, names: readonly string[], depth: number): string {
  const pick = (list: readonly string[]): string => list[random.int(list.length)] ?? ''
  const values = [
    'on',
    'off',
    '',
    '""',
    '0',
    '-1',
    '2.5',
    '99999999999',
    'x',
    '[::]:1',
    'publish all',
    'http://h/x',
    '__proto__',
  ]
  return Array.from({ length: random.int(6) }, () => {
    const head = `${pick(names)} ${pick(values)} ${random.int(4) === 0 ? pick(values) : ''}`
    return depth > 0 && random.int(2) === 0 ? `${head} { ${randomText(random, names, depth - 1)} }` : `${head};`
  }).join(' ')
}

test('no tree makes it throw, whatever stands where', () => {
  const names = [
    ...new Set(
      [...directiveTable(), ...ALIASES.map(({ from }) => ({ path: from }))].flatMap(({ path }) => path.split(/[ .]/)),
    ),
  ]
  const often = [...names, ...Array<string>(40).fill('vhost'), 'constructor', 'toString', '__proto__', '']
  for (let seed = 0; seed < 2000; seed++) {
    const random = new Random(seed)
    onlyCoded(() => {
      const { config, issues } = load(randomText(random, often, 4), { environment: { SRS_VHOST_HLS_ENABLED: 'on' } })
      assert.equal(
        config === undefined,
        issues.some(({ severity }) => severity === 'error'),
      )
    })
  }
})
