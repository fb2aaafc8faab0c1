/** One file that browsers may fetch. */
export interface Asset {
  /** Path from the web root, with `/`. */
  file: string
  /** `Content-Type` of what is served. */
  type: string
  /** A page: gets the Content-Security-Policy and its inline scripts are hashed into it. */
  page?: true
  /** TypeScript: types are stripped before it is served. */
  typescript?: true
}

const JAVASCRIPT = 'text/javascript; charset=utf-8'

const typescript = (file: string): Asset => ({ file, type: JAVASCRIPT, typescript: true })

const modules = (url: string, folder: string, names: readonly string[]): [string, Asset][] =>
  names.map((name) => [`${url}/${name}`, typescript(`${folder}/${name}`)])

/**
 * Everything the node's web pages consist of, by URL path. A request is looked up here and nowhere else, so no
 * path a client sends ever reaches the file system.
 */
export const ASSETS: ReadonlyMap<string, Asset> = new Map<string, Asset>([
  ['/', { file: 'apps/console/src/index.html', type: 'text/html; charset=utf-8', page: true }],
  ['/assets/console/style.css', { file: 'apps/console/src/style.css', type: 'text/css; charset=utf-8' }],
  ['/assets/console/icon.svg', { file: 'apps/console/src/icon.svg', type: 'image/svg+xml' }],
  ...modules('/assets/console', 'apps/console/src', [
    'main.ts',
    'api.ts',
    'dom.ts',
    'format.ts',
    'list-view.ts',
    'route.ts',
    'watch-view.ts',
  ]),
  ...modules('/assets/player', 'packages/web/player/src', [
    'index.ts',
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
  ]),
  ['/assets/vendor/mpegts.js', { file: 'node_modules/mpegts.js/dist/mpegts.js', type: JAVASCRIPT }],
  ['/assets/vendor/hls.min.mjs', { file: 'node_modules/hls.js/dist/hls.min.mjs', type: JAVASCRIPT }],
  ['/assets/vendor/hls.worker.js', { file: 'node_modules/hls.js/dist/hls.worker.js', type: JAVASCRIPT }],
])
