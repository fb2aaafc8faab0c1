/** The real programs that tests and benchmarks talk to, from the system's packages. */
import { spawnSync } from 'node:child_process'

const PEERS: readonly { program: string; debian: string }[] = [
  { program: 'ffmpeg', debian: 'ffmpeg' },
  { program: 'chromium', debian: 'chromium' },
  { program: 'redis-server', debian: 'redis-server' },
]

const present = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Installs what is missing with apt as root; elsewhere ends with one line that says what to install. */
export function installPeers(): void {
  const missing = PEERS.filter(({ program }) => !present(program))
  if (missing.length === 0) return
  const packages = missing.map(({ debian }) => debian)
  if (process.getuid?.() !== 0 || !present('apt-get')) {
    console.error(
      `millrace: the tests need ${missing.map(({ program }) => program).join(' and ')} on PATH (Debian: apt-get install ${packages.join(' ')}; macOS: brew install)`,
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
