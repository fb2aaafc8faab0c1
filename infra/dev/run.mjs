// Plain JavaScript for any Node from 18 on: installs the locked dependencies when they are missing or old,
// then runs a TypeScript file with the Node that came with them. Usage: node infra/dev/run.mjs FILE [ARGUMENT …]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const modules = path.join(root, 'node_modules')
const node = path.join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

function fail(message) {
  console.error(`millrace: ${message}`)
  process.exit(1)
}

function modifiedMs(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0
}

function installIfNeeded() {
  // npm writes its own record of the tree last, so a lock file that is newer has not been installed yet
  const installed = modifiedMs(path.join(modules, '.package-lock.json'))
  if (installed < modifiedMs(path.join(root, 'package-lock.json')) || installed === 0) {
    console.error('millrace: installing dependencies (npm ci) …')
    const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) fail(`npm ci failed${error ? `: ${error.message}` : ''}; see the lines above`)
  }
  if (!existsSync(node)) fail('node_modules/.bin/node is missing: run "npm ci" with install scripts allowed')
}

installIfNeeded()
const [file, ...args] = process.argv.slice(2)
if (!file) fail('usage: node infra/dev/run.mjs FILE [ARGUMENT …]')
// the channel tells the program, if it cares, that this process has gone
const child = spawn(node, [path.resolve(root, file), ...args], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: {
    // compiled and stripped sources: the second start is faster, and takes 30 MB less in each process
    NODE_COMPILE_CACHE: path.join(modules, '.cache', 'node-compile'),
    ...process.env,
    PATH: `${path.join(modules, '.bin')}${path.delimiter}${process.env.PATH}`,
  },
})
// a terminal's Ctrl-C reaches the child by itself too; staying alive here keeps the terminal until it has closed down
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
if (process.env.npm_lifecycle_event) {
  // an npm that was killed passes nothing on
  const npm = process.ppid
  setInterval(() => {
    if (process.ppid !== npm) child.kill('SIGTERM')
  }, 500).unref()
}
child.on('error', (error) => fail(error.message))
child.on('exit', (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code))
