/** What the index pages name. Programs look for the members, people read the words. */
const ROOT = {
  api: 'the api root',
  rtc: { v1: { play: 'Play stream', publish: 'Publish stream', nack: 'Simulate the NACK' } },
} as const

const API = { v1: 'the api version 1.0' } as const

const V1 = {
  versions: 'version of the server',
  summaries: 'the process and its machine, summed up',
  rusages: 'resources that the process has used',
  self_proc_stats: 'the process, as its system counts it',
  system_proc_stats: 'processor time of the machine',
  meminfos: 'memory of the machine',
  authors: 'license and contributors',
  features: 'what the server can do',
  requests: 'the request itself',
  vhosts: 'all vhosts, or one',
  streams: 'all streams, or one',
  clients: 'all clients, the first 10 by default, or one',
  raw: 'configuration of the api, and reload',
  clusters: 'which server of an origin cluster has a stream',
  perf: 'performance',
  tcmalloc: 'memory allocator',
} as const

const TESTS = {
  requests: 'shows the request',
  errors: 'always the error 100',
  redirects: 'always a redirect to /api/v1/tests/errors',
  '[vhost]': 'an api of a vhost',
} as const

/** What follows code and server in `/`, `/api/` and `/api/v1/`. */
export const INDEXES = { root: { urls: ROOT }, api: { urls: API }, v1: { urls: V1, tests: TESTS } } as const
