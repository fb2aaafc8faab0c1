import assert from 'node:assert/strict'
import test from 'node:test'

import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl, S3RequestPresigner } from '@aws-sdk/s3-request-presigner'
import { type StorageLocation, storageLocationSchema } from '@millrace/contracts'

import { newBucket, radosgwMissing } from '../../../../test/support/radosgw.ts'
import type { S3Location } from './locations.ts'
import { createPresigner, type PresignOptions } from './presign.ts'

const now = new Date('2026-11-23T01:02:03.456Z')
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const KEYS = ['streams/str_1/tak_1/17.m4s', "files/été 1+%#?&='()*!~.mp4", '😀', '$@:;,']

const s3 = (fields: Partial<S3Location>): S3Location =>
  storageLocationSchema.parse({
    type: 's3',
    bucket: 'my-bucket',
    ...fields,
  } satisfies Partial<StorageLocation>) as S3Location

const LOCATIONS: readonly S3Location[] = [
  s3({}),
  s3({ region: 'eu-central-1', prefix: 'a/b/' }),
  s3({ region: 'cn-north-1' }),
  s3({ path_style: true }),
  s3({ bucket: 'my.bucket' }),
  s3({ endpoint: 'http://127.0.0.1:9000' }),
  s3({ endpoint: 'http://[::1]:9000', path_style: true }),
  s3({ endpoint: 'https://objects.example:8443/base/', path_style: true }),
  s3({ endpoint: 'https://objects.example' }),
  s3({ endpoint: 'http://objects.example:80', bucket: 'my.bucket' }),
]

/** Name and value of each parameter, in any order. */
const parametersOf = (url: URL): string[] => [...url.searchParams].map(([name, value]) => `${name}=${value}`).toSorted()

test('URLs lead where those of the SDK do', async () => {
  for (const location of LOCATIONS) {
    const { endpoint, region, path_style: forcePathStyle, bucket: Bucket, prefix } = location
    const client = new S3Client({ region, forcePathStyle, credentials, ...(endpoint !== null && { endpoint }) })
    for (const key of KEYS) {
      const Key = prefix + key
      const wanted = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { signingDate: now }))
      const url = new URL(createPresigner(location, credentials, { method: 'GET', now, ttlS: 900 })(key))
      assert.equal(url.origin + url.pathname, wanted.origin + wanted.pathname)
    }
  }
})

test('signatures are those of the SDK, with session tokens and signed headers too', async () => {
  const cases: Partial<PresignOptions>[] = [
    {},
    { method: 'PUT', headers: { 'x-amz-server-side-encryption': 'aws:kms', 'content-type': 'video/mp4' } },
    { downloadAs: 'Tor! für "alle"; *.mp4' },
  ]
  for (const location of LOCATIONS) {
    for (const session of [{}, { sessionToken: 'AQoDYXdzEPT//////////wEXAMPLE+a=' }]) {
      const presigner = new S3RequestPresigner({
        region: location.region,
        credentials: { ...credentials, ...session },
        sha256: (new S3Client({ region: 'x' }).config as unknown as { sha256: never }).sha256,
      })
      for (const [n, options] of cases.entries()) {
        const signing = { method: 'GET' as const, now, ttlS: 900, ...options }
        const url = new URL(createPresigner(location, { ...credentials, ...session }, signing)(KEYS[n]!))
        const headers = options.headers ?? {}
        const query = Object.fromEntries([...url.searchParams].filter(([name]) => name.startsWith('response-')))
        const wanted = await presigner.presign(
          {
            method: signing.method,
            protocol: url.protocol,
            hostname: url.hostname,
            ...(url.port !== '' && { port: Number(url.port) }),
            path: url.pathname,
            headers: { host: url.host, ...headers },
            query,
          },
          {
            expiresIn: 900,
            signingDate: now,
            unhoistableHeaders: new Set(Object.keys(headers)),
            signableHeaders: new Set(['host', ...Object.keys(headers)]),
          },
        )
        const expected = new URL('http://x')
        for (const [name, value] of Object.entries(wanted.query ?? {})) expected.searchParams.set(name, String(value))
        assert.deepEqual(parametersOf(url), parametersOf(expected))
      }
    }
  }
})

test('a URL is good for its one thing at a real server', { skip: radosgwMissing }, async () => {
  const { location, secretAccessKey } = await newBucket()
  const keys = { accessKeyId: location.access_key_id, secretAccessKey }
  const at = (options: Partial<PresignOptions>) =>
    createPresigner({ ...location, prefix: 'a/b' }, keys, { method: 'GET', now: new Date(), ttlS: 60, ...options })
  for (const key of KEYS) {
    const put = at({ method: 'PUT', headers: { 'content-type': 'video/mp4' } })(key)
    assert.equal((await fetch(put, { method: 'PUT', body: key, headers: { 'content-type': 'video/mp4' } })).status, 200)
    assert.equal((await fetch(put, { method: 'PUT', body: key, headers: { 'content-type': 'a/b' } })).status, 403)
    const got = await fetch(at({ downloadAs: 'ü.mp4' })(key), { headers: { range: 'bytes=0-1' } })
    assert.equal(got.status, 206)
    assert.equal(got.headers.get('content-disposition'), `attachment; filename="_.mp4"; filename*=UTF-8''%C3%BC.mp4`)
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), Buffer.from(key).subarray(0, 2))
    assert.equal((await fetch(at({ method: 'HEAD' })(key), { method: 'HEAD' })).status, 200)
    assert.equal((await fetch(at({})(key), { method: 'PUT', body: 'x' })).status, 403)
    const tampered = at({})(key).replace('a/b', 'a/c')
    assert.equal((await fetch(tampered)).status, 403)
    const expired = at({ now: new Date(Date.now() - 120_000) })(key)
    assert.equal((await fetch(expired)).status, 403)
  }
})

test('keys that lead elsewhere get no URL', () => {
  const presign = createPresigner(s3({}), credentials, { method: 'GET', now, ttlS: 60 })
  for (const key of ['', '../a', 'a/../../b', '/a']) {
    assert.throws(() => presign(key), { code: 'STORAGE_KEY_INVALID' })
  }
})
