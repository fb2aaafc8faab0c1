import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'

import type { AdmitAnswer } from '@millrace/contracts'
import { CodedError, silentLogger } from '@millrace/core'

import type { AdmissionRequest } from './admission.ts'
import { ControlledAdmission } from './controlled-admission.ts'
import { GrantStore } from './grant-store.ts'

const KEY = 'sk_000000000000000000000000'

const publish: AdmissionRequest = {
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'localhost',
  app: 'live',
  stream: 'x',
  params: { key: KEY },
  client: { ip: '127.0.0.1' },
}

const allowed: AdmitAnswer = {
  allow: true,
  vhost: '__defaultVhost__',
  app: 'live',
  stream: 'x',
  stream_id: 'str_01jd8y4v5xk3q9m2w7r6t0abcd',
  key_id: 'key_01jd8y4v5xk3q9m2w7r6t0abcd',
  ttl_s: 0,
}
const denied: AdmitAnswer = { allow: false, code: 'KEY_INVALID', reason: 'no', ttl_s: 0 }

test('what was granted holds after a restart while the control plane is away; refusals and keys are not kept', async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-test-'))
  t.after(() => rm(dir, { recursive: true }))
  const file = path.join(dir, 'grants.json')
  let answer: AdmitAnswer | undefined = allowed
  const start = async () => {
    const store = await GrantStore.open({ file, logger: silentLogger })
    const admission = new ControlledAdmission({
      control: {
        async post() {
          await Promise.resolve()
          if (!answer) throw new CodedError('CONTROL_UNREACHABLE', 'away')
          return answer
        },
      },
      nodeId: () => 'node_01jd8y4v5xk3q9m2w7r6t0abcd',
      nowMs: () => 0,
      logger: silentLogger,
      store,
    })
    return { store, admission }
  }

  const before = await start()
  await before.admission.admit(publish)
  answer = denied
  await assert.rejects(before.admission.admit({ ...publish, stream: 'y' }))
  await before.store.close()
  assert.equal(((await stat(file)).mode & 0o777).toString(8), '600')
  const written = await readFile(file, 'utf8')
  assert.ok(!written.includes(KEY) && !written.includes('KEY_INVALID'))

  answer = undefined
  const after = await start()
  assert.equal((await after.admission.admit(publish)).streamId, allowed.stream_id)
  await assert.rejects(after.admission.admit({ ...publish, params: {} }), { code: 'ADMISSION_UNAVAILABLE' })

  // one that a crash has cut counts as none
  await writeFile(file, written.slice(0, -1))
  const cut = await start()
  await assert.rejects(cut.admission.admit(publish), { code: 'ADMISSION_UNAVAILABLE' })
})
