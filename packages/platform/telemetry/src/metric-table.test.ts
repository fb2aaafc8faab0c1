import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'

import { CONTROL_METRICS, NODE_METRICS, WORKER_METRICS, type MetricRow } from './metric-table.ts'

const TABLES: Readonly<Record<string, Readonly<Record<string, MetricRow>>>> = {
  'media node': NODE_METRICS,
  'control plane': CONTROL_METRICS,
  worker: WORKER_METRICS,
}

const rows = (table: Readonly<Record<string, MetricRow>>) =>
  Object.values(table).map(
    ({ name, type, labels = [], help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )

test('METRICS.md lists exactly the metrics of the code', async () => {
  const text = await readFile(new URL('../METRICS.md', import.meta.url), 'utf8')
  // the formatter pads cells
  const written = text.split('\n').flatMap((line) => (line.startsWith('| `') ? line.replaceAll(/ +/g, ' ') : []))
  assert.deepEqual(
    written,
    Object.values(TABLES)
      .flatMap(rows)
      .map((line) => line.replaceAll(/ +/g, ' ')),
  )
})

test('names say program and unit: millrace_<program>_…, counters _total, histograms _seconds', () => {
  for (const table of Object.values(TABLES)) {
    for (const { name, type, help } of Object.values(table)) {
      assert.match(name, /^millrace_(node|control|worker)_[a-z_]+$/)
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      if (type === 'histogram') assert.match(name, /_seconds$/)
      assert.notEqual(help, '')
    }
  }
})
