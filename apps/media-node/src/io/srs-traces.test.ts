import assert from 'node:assert/strict'
import test from 'node:test'

import { srsTraces } from './srs-traces.ts'

test('what another server tells of itself is for log lines, as far as it can be that', () => {
  assert.deepEqual(srsTraces({ srs_id: 'abcdefgh', srs_pid: 7, srs_server_ip: '10.0.0.1', srs_sig: 'SRS' }), {
    peer_srs_id: 'abcdefgh',
    peer_srs_pid: 7,
    peer_srs_ip: '10.0.0.1',
  })
  assert.deepEqual(srsTraces({ srs_id: 'x'.repeat(65), srs_pid: '7', srs_server_ip: {} }), {})
  assert.deepEqual(srsTraces(null), {})
})
