const IO =
  '^(node:)?(net|dgram|tls|http|https|http2|fs|fs/promises|child_process|worker_threads|cluster|dns|timers|timers/promises|os)$'
const TEST_CODE =
  '\\.(test|bench|test-child|test-support)\\.ts$|/testing\\.ts$|/test-support/|^test/|^packages/base/testkit/'
const PURE = '^packages/(base|format|proto|stream)/|^packages/platform/(contracts|config)/'
const up = (name, from, to, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: from, ...extra },
  to: { path: to },
})
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    up('base-is-bottom', '^packages/base/', '^(apps|packages/(format|proto|stream|platform|web))/'),
    up(
      'format-sees-base',
      '^packages/format/([^/]+)/',
      '^(apps|packages/(proto|stream|platform|web|format/(?!$1/)))/?',
    ),
    up('proto-sees-base', '^packages/proto/', '^(apps|packages/(format|stream|platform|web))/'),
    {
      name: 'proto-dag',
      severity: 'error',
      from: { path: '^packages/proto/(?!(?:webrtc|rtsp|sip)/)([^/]+)/' },
      to: { path: '^packages/proto/', pathNot: '^packages/proto/$1/' },
    },
    {
      name: 'proto-dag-upper',
      severity: 'error',
      from: { path: '^packages/proto/(webrtc|rtsp|sip)/' },
      to: { path: '^packages/proto/', pathNot: '^packages/proto/($1|rtp|sdp)/' },
    },
    up('stream-sees-base', '^packages/stream/', '^(apps|packages/(format|proto|platform|web))/'),
    // playlists of the archive are text made from its index: hls is a format that needs no media
    up('platform-not-media', '^packages/platform/(?!archive/)', '^(apps|packages/(format|proto|stream|web))/'),
    up('archive-is-text', '^packages/platform/archive/', '^(apps|packages/(format(?!/hls/)|proto|stream|web))/'),
    {
      name: 'contracts-leaf',
      severity: 'error',
      from: { path: '^packages/platform/(contracts|config)/' },
      to: { path: '^packages/platform/', pathNot: '^packages/platform/$1/' },
    },
    {
      name: 'pure-no-io',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.(test|bench)\\.ts$' },
      to: { dependencyTypes: ['core'], path: IO },
    },
    {
      name: 'public-entry-only',
      severity: 'error',
      from: { path: '^(?:apps|packages/[^/]+)/([^/]+)/' },
      to: { path: '^packages/[^/]+/([^/]+)/src/.+/', pathNot: '^packages/[^/]+/$1/' },
    },
    {
      name: 'apps-are-islands',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    // playlists of recordings are text made from the index: hls is a format that needs no media
    up('control-not-media', '^apps/control/', '^packages/(format(?!/hls/)|proto|stream|web)/'),
    up('worker-only-remuxes', '^apps/worker/', '^packages/(proto|stream|web)/'),
    up('media-node-not-service-store', '^apps/media-node/', '^packages/(platform/db|web)/'),
    up('web-is-browser', '^packages/web/', '^apps/|^packages/(base|format|proto|stream|platform/(?!contracts/))'),
    {
      name: 'web-no-node',
      severity: 'error',
      from: { path: '^packages/web/|^apps/console/src/' },
      to: { dependencyTypes: ['core'] },
    },
    up('console-is-browser', '^apps/console/', '^packages/(base|format|proto|stream|platform/(?!contracts/))'),
    up('routes-not-db', '^apps/control/src/routes/', '^packages/platform/db/|^node_modules/(drizzle-orm|bullmq)'),
    {
      name: 'gateways-are-islands',
      severity: 'error',
      from: { path: '^apps/media-node/src/(gateways|outputs)/([^/]+)/' },
      to: { path: '^apps/media-node/src/(gateways|outputs)/', pathNot: '^apps/media-node/src/$1/$2/' },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: { pathNot: TEST_CODE },
      to: { path: TEST_CODE },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
