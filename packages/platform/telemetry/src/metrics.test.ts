import assert from 'node:assert/strict'
import test from 'node:test'

import { createMetrics } from './metrics.ts'

test('renders counters, gauges and histograms of its own registry', async () => {
  const metrics = createMetrics({ process: false })
  const other = createMetrics({ process: false })
  const sent = metrics.counter({ name: 'millrace_x_total', help: 'x', labels: ['outcome'] })
  sent.inc({ outcome: 'ok' }, 2)
  let streams = 3
  metrics.gauge({ name: 'millrace_streams', help: 's', collect: (gauge) => gauge.set(streams++) })
  metrics.histogram({ name: 'millrace_delay_seconds', help: 'd', buckets: [1, 5] }).observe(2)
  const text = await metrics.render()
  assert.match(text, /millrace_x_total\{outcome="ok"\} 2/)
  assert.match(text, /millrace_streams 3/)
  assert.match(text, /millrace_delay_seconds_bucket\{le="5"\} 1/)
  assert.match(await metrics.render(), /millrace_streams 4/)
  assert.equal((await other.render()).trim(), '')
})

test('describes its process unless told not to', async () => {
  assert.match(await createMetrics().render(), /process_cpu_seconds_total/)
})
