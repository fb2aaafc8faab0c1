/** The real programs that tests and benchmarks talk to, from the system's packages. */
import { spawnSync } from 'node:child_process'

/** A program on PATH and the Debian packages that it needs, separated by blanks. */
export interface Peer {
  readonly program: string
  readonly debian: string
}

const TEST_PEERS: readonly Peer[] = [
  { program: 'ffmpeg', debian: 'ffmpeg' },
  { program: 'openssl', debian: 'openssl' },
  { program: 'curl', debian: 'curl' },
  { program: 'chromium', debian: 'chromium' },
  { program: 'rtmpdump', debian: 'rtmpdump' },
  { program: 'cvlc', debian: 'vlc-bin vlc-plugin-base' },
  { program: 'redis-server', debian: 'redis-server' },
  // an S3 server, which there is for Linux only
  ...(process.platform === 'linux'
    ? [
        { program: 'radosgw', debian: 'radosgw' },
        { program: 'ceph-mon', debian: 'ceph-mon' },
        { program: 'ceph-osd', debian: 'ceph-osd' },
        { program: 'ceph', debian: 'ceph-common' },
      ]
    : []),
]

const present = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Installs what is missing, by default of what the tests need, with apt as root; elsewhere ends with one line that says what to install. */
export function installPeers(peers = TEST_PEERS): void {
  const missing = peers.filter(({ program }) => !present(program))
  if (missing.length === 0) return
  const packages = missing.flatMap(({ debian }) => debian.split(' '))
  if (process.getuid?.() !== 0 || !present('apt-get')) {
    console.error(
      `millrace: this needs ${missing.map(({ program }) => program).join(' and ')} on PATH (Debian: apt-get install ${packages.join(' ')}; macOS: brew install)`,
    )
    process.exit(1)
  }
  console.error(`millrace: installing ${packages.join(', ')} (apt-get) …`)
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  apt('update')
  if (apt('install', '-y', '--no-install-recommends', ...packages).status !== 0) process.exit(1)
}
