/** Where a page may fetch from: its own server alone, or any, as a recording's storage may be anywhere. */
export type PageReach = 'self' | 'anywhere'

/** One file that browsers may fetch. */
export interface Asset {
  /** Path from the web root, with `/`. */
  file: string
  /** `Content-Type` of what is served. */
  type: string
  /** A page: gets the Content-Security-Policy and its inline scripts are hashed into it. */
  page?: PageReach
  /** TypeScript: types are stripped before it is served. */
  typescript?: true
}

const HTML = 'text/html; charset=utf-8'
const JAVASCRIPT = 'text/javascript; charset=utf-8'

const typescript = (file: string): Asset => ({ file, type: JAVASCRIPT, typescript: true })

const modules = (url: string, folder: string, names: readonly string[]): [string, Asset][] =>
  names.map((name) => [`${url}/${name}`, typescript(`${folder}/${name}`)])

/**
 * Everything the node's web pages consist of, by URL path. A request is looked up here and nowhere else, so no
 * path a client sends ever reaches the file system.
 */
export const ASSETS: ReadonlyMap<string, Asset> = new Map<string, Asset>([
  ['/', { file: 'apps/console/src/index.html', type: HTML, page: 'self' }],
  ['/recordings', { file: 'apps/console/src/recordings.html', type: HTML, page: 'anywhere' }],
  ['/publish', { file: 'apps/console/src/publish.html', type: HTML, page: 'self' }],
  ['/assets/console/style.css', { file: 'apps/console/src/style.css', type: 'text/css; charset=utf-8' }],
  ['/assets/console/icon.svg', { file: 'apps/console/src/icon.svg', type: 'image/svg+xml' }],
  ...modules('/assets/console', 'apps/console/src', [
    'main.ts',
    'api.ts',
    'dom.ts',
    'fact-list.ts',
    'format.ts',
    'list-view.ts',
    'route.ts',
    'watch-view.ts',
  ]),
  [
    '/assets/console/recordings/recordings.css',
    { file: 'apps/console/src/recordings/recordings.css', type: 'text/css; charset=utf-8' },
  ],
  ...modules('/assets/console/recordings', 'apps/console/src/recordings', [
    'main.ts',
    'account.ts',
    'clip-view.ts',
    'control-api.ts',
    'list-view.ts',
    'watch-view.ts',
    'words.ts',
  ]),
  [
    '/assets/console/publish/publish.css',
    { file: 'apps/console/src/publish/publish.css', type: 'text/css; charset=utf-8' },
  ],
  ...modules('/assets/console/publish', 'apps/console/src/publish', [
    'main.ts',
    'capture.ts',
    'numbers-view.ts',
    'settings-form.ts',
    'words.ts',
  ]),
  ...modules('/assets/player', 'packages/web/player/src', [
    'index.ts',
    'recording.ts',
    'webrtc.ts',
    'codecs.ts',
    'element.ts',
    'engine.ts',
    'engine-names.ts',
    'engines.ts',
    'flv.ts',
    'hls.ts',
    'live-edge.ts',
    'native-hls.ts',
    'overlay.ts',
    'session.ts',
    'sources.ts',
    'styles.ts',
    'template.ts',
    'webrtc/connection.ts',
    'webrtc/offer.ts',
    'webrtc/received.ts',
    'webrtc/rtc-report.ts',
    'webrtc/sent.ts',
    'webrtc/whep.ts',
    'webrtc/whip-publisher.ts',
    'recording/clock-text.ts',
    'recording/recording-player.ts',
    'recording/storyboard.ts',
    'recording/styles.ts',
    'recording/template.ts',
    'recording/timeline.ts',
    'recording/vod-engine.ts',
    'recording/wall-clock.ts',
  ]),
  ['/assets/vendor/mpegts.js', { file: 'node_modules/mpegts.js/dist/mpegts.js', type: JAVASCRIPT }],
  ['/assets/vendor/hls.min.mjs', { file: 'node_modules/hls.js/dist/hls.min.mjs', type: JAVASCRIPT }],
  ['/assets/vendor/hls.worker.js', { file: 'node_modules/hls.js/dist/hls.worker.js', type: JAVASCRIPT }],
])
