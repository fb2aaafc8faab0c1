import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'

import { configurationReadme, fullConfiguration, issueText, loadConfig } from '@millrace/config'

import { samples } from '../../infra/dev/generate-conf.ts'

const folder = path.join(import.meta.dirname, '../../conf')

const files = {
  read: (file: string): string => readFileSync(file, 'utf8'),
  glob: (pattern: string): string[] => globSync(pattern).toSorted(),
}

test('the table of directives and the full file are those of the schema', () => {
  const written = (name: string): string => readFileSync(path.join(folder, name), 'utf8')
  assert.ok(written('README.md') === configurationReadme(samples()), 'out of date: npm run conf:generate')
  assert.ok(written('full.conf') === fullConfiguration(), 'out of date: npm run conf:generate')
})

test('the full file has nothing wrong but that it is the full one', () => {
  const { issues } = loadConfig(path.join(folder, 'full.conf'), { files })
  assert.deepEqual(
    issues.filter(({ severity }) => severity !== 'notice').map(({ code, message }) => `${code} ${message}`),
    ['CONFIG_REFUSED is_full: marks a file that is for reading only'],
  )
})

for (const { name, about } of samples().filter((sample) => sample.name !== 'full.conf')) {
  test(`${name} is read without a warning`, () => {
    const { config, issues } = loadConfig(path.join(folder, name), { files })
    assert.deepEqual(issues.filter(({ severity }) => severity !== 'notice').map(issueText), [])
    assert.ok(config)
    assert.match(about, /\.$|\/\/|:/)
  })
}
