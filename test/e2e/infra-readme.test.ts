import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import type { Scope } from '@millrace/core'
import { startTestPostgres } from '@millrace/db/testing'

import { Program } from '../support/program.ts'
import { startRedis } from '../support/redis.ts'
import { freePort, tempDir, testScope } from '../support/scope.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** What is written in the page, and what stands for it here: other places for data and ports, our PostgreSQL and Redis. */
async function replacements(scope: Scope): Promise<Map<string, string>> {
  const postgres = await startTestPostgres()
  scope.defer(() => postgres.close())
  const redis = await startRedis(scope)
  const pairs = new Map([
    ['postgres://millrace:millrace@127.0.0.1:5432/millrace', await postgres.createDatabase()],
    ['redis://127.0.0.1:6379', redis.url],
    ['.millrace', await tempDir(scope)],
    ['node_modules/.bin/node ', `${process.execPath} `],
  ])
  for (const port of [4000, 1935, 8080, 1985, 8000, 1945, 8090, 1995, 8010]) pairs.set(`${port}`, `${await freePort()}`)
  return pairs
}

interface Block {
  kind: string
  commands: string
}

/** The commands of the page up to `end`, a heading, in order. */
function blocks(page: string, end: string, replaced: ReadonlyMap<string, string>): Block[] {
  const steps = page.slice(0, page.indexOf(end))
  const anyOf = new RegExp([...replaced.keys()].map((text) => text.replaceAll(/[/.]/g, String.raw`\$&`)).join('|'), 'g')
  return [...steps.matchAll(/^```sh ?(\w*)\n(.*?)^```/gms)].map(([, kind = '', commands = '']) => ({
    kind,
    commands: commands.replaceAll(anyOf, (text) => replaced.get(text) ?? text),
  }))
}

/** A shell that keeps its variables from one block to the next. */
class Shell {
  #script = 'set -eu\ncd "$0"\n'

  /** Runs commands after all that changed variables before; returns what these printed. */
  async run(scope: Scope, commands: string): Promise<string> {
    const script = `${this.#script}\necho '--- printed'\n${commands}`
    const program = await Program.start(scope, 'bash', ['-c', script, ROOT])
    const { code } = await program.finished(60_000)
    assert.equal(code, 0, program.output)
    // of what ran, only what sets variables and functions runs again
    this.#script += commands
      .split('\n')
      .filter((line) => /^(export |\w+\(\) )/.test(line))
      .map((line) => `${line}\n`)
      .join('')
    return program.output.split('--- printed')[1] ?? ''
  }
}

test('infra/README.md leads from nothing to a stream on two nodes, by its commands as they are written', async (t) => {
  const scope = testScope(t)
  const page = await readFile(path.join(ROOT, 'infra/README.md'), 'utf8')
  const shell = new Shell()
  let printed = ''
  const kinds: string[] = []
  for (const { kind, commands } of blocks(page, '## Machines of their own', await replacements(scope))) {
    kinds.push(kind)
    if (kind === 'terminal') {
      const terminal = await Program.start(scope, 'bash', ['-c', `exec ${commands.trim()}`], { cwd: ROOT })
      // a pipe, as here, shows FFmpeg's first line only after a while
      if (!commands.startsWith('ffmpeg')) await terminal.line(/ready/, 60_000)
    } else if (kind === '') {
      printed = await shell.run(scope, commands)
      if (commands.includes('/v1/nodes')) {
        assert.deepEqual(printed.match(/node-[12]|ready/g)?.toSorted(), ['node-1', 'node-2', 'ready', 'ready'])
      }
    }
  }
  assert.deepEqual(kinds, [
    'install',
    'root',
    '',
    'terminal',
    'terminal',
    '',
    'terminal',
    'terminal',
    '',
    '',
    'terminal',
    '',
  ])
  assert.deepEqual(printed.match(/\d+/g), ['100000', '100000'])
})
