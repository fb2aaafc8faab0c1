import { createAddressGuard } from '@millrace/address-guard'
import test, { type TestContext } from 'node:test'

import { newBucket, radosgwMissing } from '../../../../test/support/radosgw.ts'
import { createStorageAgents } from './agents.ts'
import { testObjectStore } from './object-store.test-support.ts'
import { S3Store, type S3StoreOptions } from './s3-store.ts'

async function openS3(t: TestContext, options: Partial<S3StoreOptions> = {}): Promise<S3Store> {
  const { location, secretAccessKey } = await newBucket()
  const agents = createStorageAgents(createAddressGuard(['127.0.0.0/8']))
  t.after(() => agents.http.destroy())
  return new S3Store({ location: { ...location, prefix: 'media/v1' }, sse: null, secretAccessKey, agents, ...options })
}

if (radosgwMissing === undefined) testObjectStore('S3', openS3)
else test('S3', { skip: radosgwMissing }, () => {})
